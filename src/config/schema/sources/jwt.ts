import { z } from 'zod';
import { isTrustworthyUrl, serviceUrlHint } from '../../service-url.js';
import { duration } from '../../units.js';
import { positiveDuration } from '../forms.js';

export const serviceUrl = z.string().refine(isTrustworthyUrl, serviceUrlHint);

/** Only asymmetric ones: with HMAC, whoever can check a token can make one. */
export const jwtAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

const claimPath = (name: string, doc: string) =>
  z.array(z.string().min(1)).min(1, 'at least one name').default([name]).describe(doc);

export const claimPaths = z.strictObject({
  subject: claimPath('sub', 'Where the subject stands: names, one inside the other, such as `[sub]`.'),
  email: claimPath('email', 'Where the e-mail address stands; not taken with `email_verified: false`.'),
  roles: claimPath('roles', 'Where the roles stand, such as `[realm_access, roles]`: a list, or a text with blanks.'),
  groups: claimPath('groups', 'Where the groups stand, in the same form.'),
  session: claimPath('sid', 'Where the id of the session stands.'),
  auth_level: claimPath('acr', 'Where the level of authentication stands.'),
});

const issuer = z
  .string()
  .min(1)
  .describe('The issuer, exactly as `iss` names it. Tokens of others are left to later sources.');
const audience = z
  .array(z.string().min(1))
  .min(1, 'at least one audience')
  .describe('Names of ours: `aud` must hold one of them. A token that was made for someone else is refused.');
const leeway = duration.prefault('5s').describe('How far the clocks may differ.');

export const jwt = z.strictObject({
  kind: z.literal('jwt').describe('JSON Web Tokens of one issuer in `Authorization: Bearer`.'),
  issuer,
  audience,
  jwks_url: serviceUrl
    .optional()
    .describe('Where the keys of the issuer are. Without it, where its OpenID configuration says (discovery).'),
  algorithms: z
    .array(z.enum(jwtAlgorithms))
    .min(1, 'at least one algorithm')
    .default(['RS256', 'PS256', 'ES256', 'EdDSA'])
    .describe('Signature algorithms that are accepted.'),
  type: z.string().min(1).optional().describe('What `typ` must be, such as `at+jwt`. Without it, anything.'),
  leeway,
  max_age: positiveDuration
    .optional()
    .describe('The greatest age of a token by its `iat`. Without it, `exp` alone counts.'),
  claims: claimPaths.prefault({}).describe('Where in the claims each member of the identity stands.'),
  keys: z
    .strictObject({
      refresh: positiveDuration.prefault('5m').describe('Keys older than this are fetched again, while they are used.'),
      max_stale: positiveDuration
        .prefault('1h')
        .describe('Keys older than this are not used any more; without others the source is unavailable.'),
      cooldown: positiveDuration
        .prefault('10s')
        .describe('Shortest time between two fetches, however many unknown keys tokens name.'),
      timeout: positiveDuration.prefault('2s').describe('How long a fetch may take.'),
    })
    .prefault({})
    .describe('How the keys of the issuer are kept.'),
});

export const envoyJwt = z.strictObject({
  kind: z.literal('envoy-jwt').describe("Claims that Envoy's `jwt_authn` filter has verified, out of its metadata."),
  issuer,
  audience,
  namespace: z
    .string()
    .min(1)
    .default('envoy.filters.http.jwt_authn')
    .describe('Name of the metadata; `metadata_context_namespaces` of ext_authz must list it.'),
  payload: z.string().min(1).default('jwt_payload').describe('The `payload_in_metadata` of the provider.'),
  leeway,
  claims: claimPaths.prefault({}).describe('Where in the claims each member of the identity stands.'),
});
