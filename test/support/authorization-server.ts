import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** An authorization server on 127.0.0.1 that keeps tokens and tells those who may ask about them (RFC 7662). */
export interface AuthorizationServer {
  /** What tokens have in `iss`. */
  readonly url: string;
  readonly introspectionUrl: string;
  readonly client: { readonly id: string; readonly secret: string };
  /** Questions of the client so far. */
  readonly asked: number;
  /** A new token of alice for `cars`, with these claims over the usual ones. */
  issue(claims?: Readonly<Record<string, unknown>>, lifetimeSeconds?: number): string;
  revoke(token: string): void;
  /** Refuses the client from now on: its secret was changed. */
  changeSecret(): void;
  /** Whoever asks waits, until `comeBack`. */
  fallSilent(): void;
  /** Closes the port. */
  goAway(): Promise<void>;
  /** Serves again at the same address, with its tokens and the client's first secret. */
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

interface Token {
  readonly claims: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  const client = { id: 'port:cullis', secret: 's3cret %&' };
  const tokens = new Map<string, Token>();
  const state = { asked: 0, secret: client.secret, silent: false };

  const about = (token: string | null) => {
    const known = tokens.get(token ?? '');
    // Of a token that is not active nothing else is told (RFC 7662, 2.2).
    return known === undefined || known.expires <= Date.now() ? { active: false } : { active: true, ...known.claims };
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const form = new URLSearchParams(await text(request));
    if (state.silent) return;
    if (request.method !== 'POST' || request.url !== '/introspect') return response.writeHead(404).end();
    const isClient = sameClient(request.headers.authorization, client.id, state.secret);
    if (!isClient) return response.writeHead(401, { 'www-authenticate': 'Basic realm="introspection"' }).end();
    state.asked += 1;
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    return response.end(JSON.stringify(about(form.get('token'))));
  };

  const server = createServer((request, response) => void answer(request, response));
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const goAway = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  const port = await listen(0);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    introspectionUrl: `${url}/introspect`,
    client,
    get asked() {
      return state.asked;
    },
    issue: (claims = {}, lifetimeSeconds = 600) => {
      const token = randomBytes(32).toString('base64url');
      const expires = Date.now() + lifetimeSeconds * 1000;
      const usual = { iss: url, sub: 'alice', aud: 'cars', client_id: 'shop', exp: Math.ceil(expires / 1000) };
      tokens.set(token, { claims: { ...usual, ...claims }, expires });
      return token;
    },
    revoke: (token) => void tokens.delete(token),
    changeSecret: () => {
      state.secret = randomBytes(16).toString('hex');
    },
    fallSilent: () => {
      state.silent = true;
    },
    goAway,
    comeBack: async () => {
      await goAway();
      Object.assign(state, { secret: client.secret, silent: false });
      await listen(port);
    },
    stop: goAway,
  };
}

/** Both parts are form-encoded (RFC 6749, 2.3.1). */
function sameClient(authorization: string | undefined, id: string, secret: string): boolean {
  const [, encoded = ''] = /^Basic (.+)$/.exec(authorization ?? '') ?? [];
  const parts = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  const [givenId, givenSecret] = parts.map((part) => new URLSearchParams(`_=${part}`).get('_'));
  return parts.length === 2 && givenId === id && givenSecret === secret;
}
