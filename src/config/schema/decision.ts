import { z } from 'zod';
import { byteSize } from '../units.js';
import { headerName } from './forms.js';

/** An origin as browsers write it: scheme and host in lower case, no default port, no path. */
function isOriginOrAny(text: string): boolean {
  return text === '*' || (URL.canParse(text) && new URL(text).origin === text);
}

export const decision = z.strictObject({
  undefined: z
    .enum(['deny', 'error'])
    .default('deny')
    .describe('The decision path has no value: deny 403, or answer a gRPC error as opa-envoy-plugin does.'),
  faults: z
    .enum(['deny', 'error'])
    .default('deny')
    .describe(
      'The policy failed or returned something malformed: deny 500, or answer a gRPC error, which `failure_mode_allow` turns into an allow.',
    ),
  status_table: z
    .enum(['denials', 'opa-envoy-plugin'])
    .default('denials')
    .describe(
      'Which `http_status` a denial may have, of the codes that Envoy knows: those from 400 on and redirects with a location, or those the plugin accepts.',
    ),
  redirect_origins: z
    .array(z.string().refine(isOriginOrAny, 'an origin such as https://login.example.com, or *'))
    .default([])
    .describe(
      "Origins that a redirect may lead to besides the request's own, such as `https://login.example.com`; `*` admits all.",
    ),
  mutations: z
    .enum(['refuse', 'drop'])
    .default('refuse')
    .describe(
      'A decision sets a header or query parameter that must not be passed on: `refuse` the decision as a fault, or `drop` that header alone and count it. See docs/decisions-from-policy.md.',
    ),
  plain_boolean: z
    .boolean()
    .default(false)
    .describe('Answer a boolean decision without `ok_response` and `denied_response`, as opa-envoy-plugin does.'),
  allow_alias: z.boolean().default(true).describe('Accept `allow` as another name for `allowed`.'),
  dry_run: z
    .boolean()
    .default(false)
    .describe('Let a request through that a well-formed decision denies. For rehearsal only.'),
  header_values: z
    .enum(['join', 'separate'])
    .default('join')
    .describe(
      'Several values for one header towards the backend: joined with commas, or sent one by one as opa-envoy-plugin does (Envoy keeps the last).',
    ),
  max_body_size: byteSize
    .prefault('256KiB')
    .describe('The longest body of a denial; a longer one is a fault of the policy.'),
  protected_headers: z
    .array(headerName)
    .default(['x-user', 'x-user-roles', 'user_roles'])
    .describe(
      "Identity headers that only a decision may set: the client's own, in every spelling that a backend may read as one of them (`x_user` for `x-user`), are removed from each request that is let through.",
    ),
});
