import { z } from 'zod';
import { addressRange } from '../forms.js';

const spiffeId = z
  .string()
  .regex(
    /^spiffe:\/\/[a-z0-9._-]+(\/[A-Za-z0-9._-]+)*(\/\*)?$/,
    'a SPIFFE ID such as spiffe://example.org/ns/shop/sa/web, or with /* at its end for all below',
  );

export const clientCertificate = z.strictObject({
  kind: z.literal('client-certificate').describe('The SPIFFE ID in the certificate of whoever is connected.'),
  from: z
    .enum(['peer', 'xfcc'])
    .default('peer')
    .describe(
      "`peer`: the certificate of Envoy's own peer, which Envoy must have verified; `xfcc`: what a trusted proxy in front says in `x-forwarded-client-cert`.",
    ),
  trusted_peers: z
    .array(addressRange)
    .default([])
    .describe('With `xfcc`: addresses of that proxy. The header is refused from anyone else.'),
  trust_domains: z
    .array(z.string().regex(/^[a-z0-9._-]{1,255}$/, 'a trust domain such as example.org'))
    .min(1, 'at least one trust domain')
    .describe('Trust domains whose IDs are believed; others are refused.'),
  callers: z
    .array(
      z.strictObject({
        spiffe_id: spiffeId.describe('The ID; with `/*` at its end, all IDs below it.'),
        roles: z
          .array(z.string().regex(/^[^\s,\p{Cc}]+$/u, 'a role without blanks and commas'))
          .default([])
          .describe('Roles of the caller. Roles of several entries that match add up.'),
      }),
    )
    .default([])
    .describe('Roles by SPIFFE ID. Whoever is not listed has none.'),
});
