import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { echoedHeader, type HttpRequest, send } from '../support/http.js';
import { type Issuer, issuerKey, startIssuer } from '../support/issuer.js';
import { printLogsOnFailure } from '../support/process.js';
import { type Stack, startStack } from '../support/stack.js';
import { addFilter, type Gateway, gatewayOf } from './matrix/support/gateway.js';

// Tokens that Envoy's own jwt_authn verifies before ext_authz, to the backend.

const users = '/v1/admin/users/testuser';
const namespace = 'envoy.filters.http.jwt_authn';
const admin = { roles: ['ADMIN_ROLE'] };
let ours: Issuer;
let others: Issuer;

beforeAll(async () => {
  [ours, others] = await Promise.all([startIssuer(), startIssuer()]);
});
afterAll(() => Promise.all([ours?.stop(), others?.stop()]));
printLogsOnFailure();

/** As docs/identity.md has it, with a second provider whose tokens Envoy takes for verified too. */
function verifyTokens(gateway: Gateway, otherwise = 'allow_missing'): void {
  const provider = ({ url, jwks }: Issuer) => ({
    issuer: url,
    local_jwks: { inline_string: JSON.stringify(jwks) },
    payload_in_metadata: 'jwt_payload',
    forward_payload_header: 'x-jwt-payload',
    forward: true,
  });
  const requirements = [{ provider_name: 'ours' }, { provider_name: 'others' }, { [otherwise]: {} }];
  addFilter(gateway, namespace, 'envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication', {
    providers: { ours: provider(ours), others: provider(others) },
    rules: [{ match: { prefix: '/' }, requires: { requires_any: { requirements } } }],
  });
}

function passMetadata({ extAuthz }: Gateway): void {
  extAuthz['metadata_context_namespaces'] = [namespace];
}

async function stackWith(change: (gateway: Gateway) => void, sources?: object[]): Promise<Stack> {
  const source = { kind: 'envoy-jwt', issuer: ours.url, audience: ['cars'] };
  return startStack({
    engine: 'wasm',
    transport: 'tcp',
    config: { identity: { sources: sources ?? [source], forward: { headers: { subject: 'x-user' } } } },
    envoy: { change: (config) => change(gatewayOf(config)) },
  });
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('behind jwt_authn', () => {
  let stack: Stack;
  const ask = (request: HttpRequest) => send(stack.url, users, request);
  const post = (headers: Record<string, string> = {}) => ask({ method: 'POST', headers });
  const checks = async () => (await stack.portcullis.metrics()).match(/^portcullis_checks_total.*$/gm);

  beforeAll(async () => {
    stack = await stackWith((gateway) => {
      verifyTokens(gateway);
      passMetadata(gateway);
      // Or a header that is called like the metadata would not get any further.
      gateway.connectionManager.common_http_protocol_options['headers_with_underscores_action'] = 'ALLOW';
    });
  });
  afterAll(() => stack?.stop());

  test('A-47 the claims that Envoy has verified give subject and roles', async () => {
    expect((await post(bearer(await ours.sign(admin)))).status).toBe(200);
    expect((await post(bearer(await ours.sign()))).status).toBe(403);
    expect((await post()).status).toBe(401);
    expect((await ask({})).status).toBe(200);
    const headers = { ...bearer(await ours.sign()), 'x-user': 'root' };
    expect(echoedHeader(await stack.sendForEcho(users, { headers }), 'x-user')).toEqual(['alice']);
  });

  test('A-47 Envoy refuses a token that is not valid, and does not ask us', async () => {
    const [head, , signature] = (await ours.sign()).split('.');
    const payload = { iss: ours.url, aud: 'cars', sub: 'a', exp: 9e9, ...admin };
    const stranger = await issuerKey('key-1');
    const bad = [
      `${head}.${encoded(payload)}.${signature}`,
      `${encoded({ alg: 'none' })}.${encoded(payload)}.AA`,
      await ours.sign({ ...admin, exp: Math.floor(Date.now() / 1000) - 600 }),
      await ours.sign(admin, {}, stranger),
      await ours.sign({ ...admin, iss: 'https://elsewhere.example' }),
    ];
    const before = await checks();
    for (const token of bad) {
      for (const method of ['POST', 'GET']) {
        const response = await ask({ method, headers: bearer(token) });
        expect(response.status).toBe(401);
        expect(response.body).toMatch(/^Jwt /);
      }
    }
    expect(await checks()).toEqual(before);
  });

  test('A-47 a token that Envoy believes counts only with the issuer and the audience that are configured', async () => {
    for (const token of [await others.sign(admin), await ours.sign({ ...admin, aud: 'shop' })]) {
      for (const method of ['POST', 'GET']) {
        const response = await ask({ method, headers: bearer(token) });
        expect(response.status).toBe(401);
        expect(response.headers['www-authenticate']).toContain('error="invalid_token"');
      }
    }
  });

  test('A-47 no header of a client becomes metadata', async () => {
    const claims = { iss: ours.url, aud: 'cars', sub: 'root', exp: 9e9, ...admin };
    const forged = {
      'x-jwt-payload': encoded(claims),
      'jwt-payload': JSON.stringify(claims),
      [namespace]: JSON.stringify({ jwt_payload: claims }),
      'x-envoy-metadata': JSON.stringify({ [namespace]: { jwt_payload: claims } }),
      'x-envoy-peer-metadata': encoded({ [namespace]: { jwt_payload: claims } }),
    };
    expect((await post(forged)).status).toBe(401);
    const alice = bearer(await ours.sign());
    expect((await post({ ...forged, ...alice })).status).toBe(403);
    const echo = await stack.sendForEcho(users, { headers: { ...forged, ...alice } });
    expect(echoedHeader(echo, namespace)).toEqual([forged[namespace]]);
    expect(echoedHeader(echo, 'x-user')).toEqual(['alice']);
  });
});

describe('without one of its halves', () => {
  const statuses = async (stack: Stack, token: string) => {
    const answers = [];
    for (const method of ['POST', 'GET']) {
      answers.push((await stack.send(users, { method, headers: bearer(token) })).status);
    }
    return answers;
  };

  test('A-47 claims that Envoy passes on count for nothing where no source is configured for them', async ({
    onTestFinished,
  }) => {
    const header = { kind: 'trusted-header', trusted_peers: ['192.0.2.1'] };
    const stack = await stackWith(
      (gateway) => {
        verifyTokens(gateway);
        passMetadata(gateway);
      },
      [header],
    );
    onTestFinished(() => stack.stop());
    expect(await statuses(stack, await ours.sign(admin))).toEqual([401, 200]);
  });

  test('A-47 a token whose claims Envoy does not pass on is refused', async ({ onTestFinished }) => {
    const stack = await stackWith(verifyTokens);
    onTestFinished(() => stack.stop());
    expect(await statuses(stack, await ours.sign(admin))).toEqual([401, 401]);
  });

  test('A-47 a token that Envoy lets through though it failed is refused, and is not nobody', async ({
    onTestFinished,
  }) => {
    const stack = await stackWith((gateway) => {
      verifyTokens(gateway, 'allow_missing_or_failed');
      passMetadata(gateway);
    });
    onTestFinished(() => stack.stop());
    const failed = await ours.sign(admin, {}, await issuerKey('key-1'));
    expect(await statuses(stack, failed)).toEqual([401, 401]);
    expect(await statuses(stack, await ours.sign(admin))).toEqual([200, 200]);
    expect((await stack.send(users)).status).toBe(200);
  });
});
