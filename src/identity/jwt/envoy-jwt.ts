import type { Config } from '../../config/schema.js';
import type { JsonObject, JsonValue } from '../../json/json.js';
import { readAuthorization } from '../bearer.js';
import { anonymous, foreign, invalid } from '../finding.js';
import type { Finding, IdentitySource } from '../source.js';
import { isAudience, readClaims } from './claims.js';

const kind = 'envoy-jwt';

export type EnvoyJwtOptions = Omit<Extract<Config['identity']['sources'][number], { kind: 'envoy-jwt' }>, 'kind'>;

/**
 * Claims that Envoy's `jwt_authn` has verified and put into its dynamic metadata, which no client can write. Where
 * that filter lets failed tokens through (`allow_missing_or_failed`), a token without claims is a failed one.
 */
export function createEnvoyJwtSource(options: EnvoyJwtOptions): IdentitySource {
  return {
    kind,
    credentials: { headers: ['authorization'], cookies: [] },
    identify(request, nowSeconds) {
      const claims = request.metadata(options.namespace)?.[options.payload];
      if (claims !== undefined) return readVerified(claims, options, nowSeconds);
      const authorization = readAuthorization(request.values('authorization'));
      if (authorization.kind === 'none') return anonymous;
      return authorization.kind === 'invalid' ? invalid(kind, authorization.reason) : foreign(kind);
    },
  };
}

function readVerified(claims: JsonValue, options: EnvoyJwtOptions, nowSeconds: number): Finding {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return invalid(kind, 'claim_invalid');
  const { iss, aud, exp, nbf } = claims as JsonObject;
  const leeway = options.leeway / 1000;
  if (typeof exp !== 'number') return invalid(kind, 'claim_invalid');
  if (nowSeconds >= exp + leeway) return invalid(kind, 'expired_token');
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= nowSeconds + leeway))
    return invalid(kind, 'claim_invalid');
  if (iss !== options.issuer || !isAudience(aud, options.audience)) return invalid(kind, 'claim_invalid');
  const identity = readClaims(kind, claims as JsonObject, options.claims);
  return identity.ok ? { kind: 'identified', identity: identity.value } : invalid(kind, 'claim_invalid');
}
