import { createHash } from 'node:crypto';
import type { Config } from '../../config/schema.js';
import type { Result } from '../../errors/result.js';
import type { JsonObject } from '../../json/json.js';
import { readAuthorization } from '../bearer.js';
import { createBreaker } from '../breaker.js';
import { anonymous, foreign, invalid, unavailable } from '../finding.js';
import { isAudience, readClaims } from '../jwt/claims.js';
import { LookUpCache } from '../look-up-cache.js';
import type { Finding, IdentitySource } from '../source.js';

const kind = 'introspection';

export type IntrospectionOptions = Omit<
  Extract<Config['identity']['sources'][number], { kind: 'introspection' }>,
  'kind' | 'url' | 'client_id' | 'client_secret_file'
>;

/** Asks the authorization server about a token; `timeout` in milliseconds. Never rejects. */
export type Introspect = (token: string, timeout: number) => Promise<Result<unknown, Error>>;

const longest = 4096;

/** Opaque bearer tokens that the authorization server knows (RFC 7662). */
export function createIntrospectionSource(options: IntrospectionOptions, introspect: Introspect): IdentitySource {
  const cache = new LookUpCache<JsonObject>(options.cache);
  const breaker = createBreaker(options.breaker);

  const ask = async (token: string, key: string, deadline: number, nowSeconds: number): Promise<Finding> => {
    const answer = await introspect(token, Math.min(options.timeout, deadline - performance.now()));
    // `active` alone decides; an answer without it is none (RFC 7662, 2.2).
    if (!answer.ok || !isAnswer(answer.value)) {
      breaker.failed();
      return unavailable(kind, 'the authorization server cannot be asked', answer.ok ? undefined : answer.error);
    }
    breaker.succeeded();
    if (answer.value['active'] !== true) return invalid(kind, 'unknown_token');
    cache.set(key, answer.value, cache.era());
    return judge(answer.value, options, nowSeconds);
  };

  return {
    kind,
    credentials: { headers: ['authorization'], cookies: [] },
    identify(request, nowSeconds) {
      const authorization = readAuthorization(request.values('authorization'));
      if (authorization.kind === 'none') return anonymous;
      if (authorization.kind === 'foreign') return foreign(kind);
      if (authorization.kind === 'invalid') return invalid(kind, authorization.reason);
      const { token } = authorization;
      if (token.length > longest) return invalid(kind, 'malformed_credential');
      const key = createHash('sha256').update(token).digest('base64');
      const known = cache.get(key);
      if (known !== undefined) return judge(known, options, nowSeconds);
      if (!breaker.admits())
        return unavailable(kind, 'the authorization server has failed and is not asked for a moment');
      return ask(token, key, request.deadline, nowSeconds);
    },
  };
}

function isAnswer(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && typeof (value as { active?: unknown }).active === 'boolean';
}

function judge(answer: JsonObject, { issuer, audience, claims }: IntrospectionOptions, nowSeconds: number): Finding {
  const { iss, aud, exp, nbf } = answer;
  if (exp !== undefined && typeof exp !== 'number') return invalid(kind, 'claim_invalid');
  if (exp !== undefined && nowSeconds >= exp) return invalid(kind, 'expired_token');
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= nowSeconds)) return invalid(kind, 'claim_invalid');
  if (issuer !== undefined && iss !== issuer) return invalid(kind, 'claim_invalid');
  if (audience.length > 0 && !isAudience(aud, audience)) return invalid(kind, 'claim_invalid');
  const identity = readClaims(kind, answer, claims);
  return identity.ok ? { kind: 'identified', identity: identity.value } : invalid(kind, 'claim_invalid');
}
