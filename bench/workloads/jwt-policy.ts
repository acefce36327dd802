import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { AskedRequest } from './check-request.js';
import { policyOf } from './policy-files.js';
import type { Policy } from './workload.js';

const rego = `package envoy.authz

default allow := false

authorization := input.attributes.request.http.headers.authorization

allow if {
	startswith(authorization, "Bearer ")
	constraints := {"cert": data.keys, "alg": "RS256", "iss": "https://issuer.example.com", "aud": "api"}
	[valid, _, claims] := io.jwt.decode_verify(substring(authorization, 7, -1), constraints)
	valid
	"reader" in claims.roles
}
`;

export interface JwtWorkload {
  readonly policy: Policy;
  readonly requests: readonly AskedRequest[];
}

/** RS256 tokens that the policy itself verifies, each of another caller; one in eight is signed with another key. */
export function jwtWorkload(count: number): JwtWorkload {
  const trusted = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...trusted.publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'bench' };
  const requests = Array.from({ length: count }, (_, number) => {
    const key = number % 8 === 7 ? stranger.privateKey : trusted.privateKey;
    return { method: 'GET', path: `/items/${number}`, headers: { authorization: `Bearer ${token(key, number)}` } };
  });
  return { policy: policyOf(rego, { keys: JSON.stringify({ keys: [jwk] }) }), requests };
}

function token(key: KeyObject, number: number): string {
  const header = { alg: 'RS256', kid: 'bench', typ: 'JWT' };
  const claims = {
    iss: 'https://issuer.example.com',
    aud: 'api',
    sub: `caller-${number}`,
    roles: ['reader', 'writer'],
    iat: 1_750_000_000,
    exp: 4_000_000_000,
  };
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}
