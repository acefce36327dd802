import { z } from 'zod';
import { addressRange, file, headerName } from './forms.js';
import { apiKey } from './sources/api-key.js';
import { clientCertificate } from './sources/client-certificate.js';
import { forward } from './sources/forward.js';
import { introspection } from './sources/introspection.js';
import { envoyJwt, jwt } from './sources/jwt.js';
import { redisSession } from './sources/redis-session.js';

const tokenFile = z.strictObject({
  kind: z.literal('token-file').describe('Bearer tokens of the `Authorization` header.'),
  file: file.describe('YAML file of hashed bearer tokens: see docs/identity.md.'),
});

const trustedHeader = z.strictObject({
  kind: z.literal('trusted-header').describe('Headers that something in front of Portcullis vouches for.'),
  subject: headerName.optional().describe('Header that carries the user name.'),
  roles: headerName.default('x-user-roles').describe('Header that carries the roles, separated by commas.'),
  underscore_alias: z
    .boolean()
    .default(false)
    .describe(
      'Accept the roles header without `x-` and with underscores too (`user_roles` for `x-user-roles`). Both present: refused.',
    ),
  trusted_peers: z
    .array(addressRange)
    .default([])
    .describe(
      'Addresses of the hop in front of Envoy that sets the headers, such as `10.1.2.0/24`. Headers of anyone else are refused.',
    ),
  unsafe_any_peer: z
    .boolean()
    .default(false)
    .describe(
      'Believe the headers of whoever reaches Envoy, instead of `trusted_peers`. UNSAFE: see docs/identity.md.',
    ),
});

export const identity = z.strictObject({
  sources: z
    .array(
      z.discriminatedUnion('kind', [
        redisSession,
        jwt,
        envoyJwt,
        clientCertificate,
        apiKey,
        introspection,
        tokenFile,
        trustedHeader,
      ]),
    )
    .default([])
    .describe('Asked in this order; the first that finds a credential decides.'),
  forward: forward.prefault({}).describe('What a backend is told of the caller.'),
  public_paths: z
    .array(z.string().regex(/^\/[^?#]*$/, 'a path that begins with /, without a query'))
    .default([])
    .describe(
      'Exact paths on which an invalid credential does not refuse the request; the policy sees `identity_error`.',
    ),
  realm: z
    .string()
    .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, 'printable ASCII without quotation marks and backslashes')
    .default('portcullis')
    .describe('The realm named in `WWW-Authenticate`.'),
});
