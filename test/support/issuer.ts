import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** A real server of keys on 127.0.0.1, with the OpenID configuration that names them. */
export interface Issuer {
  readonly url: string;
  readonly jwksUrl: string;
  /** What it serves now; may be changed. */
  jwks: unknown;
  openid: unknown;
  /** Instead of an answer: another status, or none at all. */
  trouble: number | 'silent' | undefined;
  /** Fetches of the keys so far. */
  readonly fetches: number;
  /** A token of the first key that is good for ten minutes, with these claims over the usual ones. */
  sign(claims?: Record<string, unknown>, header?: Record<string, unknown>, key?: IssuerKey): Promise<string>;
  readonly key: IssuerKey;
  stop(): Promise<void>;
}

export async function issuerKey(kid: string, alg = 'ES256'): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** Claims of alice, who may use `cars`. */
export function aliceClaims(issuer: string): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return { iss: issuer, aud: 'cars', sub: 'alice', roles: ['manager'], iat: now, exp: now + 600 };
}

export async function startIssuer(): Promise<Issuer> {
  const key = await issuerKey('key-1');
  const state = { jwks: { keys: [key.publicJwk] } as unknown, openid: {} as unknown, trouble: undefined, fetches: 0 };
  const issuer = state as typeof state & { trouble: number | 'silent' | undefined };
  const server = createServer((request, response) => {
    if (request.url === '/jwks') state.fetches += 1;
    if (issuer.trouble === 'silent') return;
    const document = request.url === '/jwks' ? issuer.jwks : issuer.openid;
    response.writeHead(issuer.trouble ?? 200, { 'content-type': 'application/json' });
    response.end(typeof document === 'string' ? document : JSON.stringify(document));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  issuer.openid = { issuer: url, jwks_uri: `${url}/jwks` };
  return Object.assign(issuer, {
    url,
    jwksUrl: `${url}/jwks`,
    key,
    sign: (claims = {}, header = {}, by = key) =>
      new SignJWT({ ...aliceClaims(url), ...claims })
        .setProtectedHeader({ alg: by.alg, kid: by.kid, ...header })
        .sign(by.privateKey),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}
