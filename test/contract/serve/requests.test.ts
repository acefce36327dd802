import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectGrpc, type GrpcClient, type Message } from '../../support/grpc-client.js';
import { type OpaServer, startOpa } from '../../support/opa-server.js';
import { buildBundle } from '../../support/policy-bundle.js';
import { type PortcullisServer, repository, startPortcullis } from '../../support/portcullis-server.js';
import { httpCheck, outcome } from './check-call.js';

// Checks as Envoy may send them, of which some never come out of the shipped Envoy configuration.

const tokens = join(repository, 'examples', 'tokens.yaml');
const bearer = (name: string) => `Bearer ${name}-demo-token`;

/** The same lines in Envoy's two forms: joined by name, or one by one with bytes for values. */
const encodings: readonly [string, (lines: readonly [string, string][]) => Message][] = [
  ['headers', joined],
  ['header_map', apart],
];

function joined(lines: readonly [string, string][]): Message {
  const headers: Record<string, string> = {};
  for (const [name, value] of lines) headers[name] = name in headers ? `${headers[name]},${value}` : value;
  return { headers };
}

function apart(lines: readonly [string, string][]): Message {
  return { header_map: { headers: lines.map(([key, value]) => ({ key, raw_value: Buffer.from(value) })) } };
}

/** Portcullis for the tests around it. */
function useServer(start: () => Promise<PortcullisServer>) {
  let server: PortcullisServer | undefined;
  let grpc: GrpcClient | undefined;
  beforeAll(async () => {
    server = await start();
    grpc = connectGrpc(server.grpcAddress);
  });
  afterAll(async () => {
    grpc?.close();
    await server?.kill();
  });
  return {
    ask: (request: Message) => outcome(grpc as GrpcClient, request),
    check: (request: Message) => (grpc as GrpcClient).check(request),
    server: () => server as PortcullisServer,
  };
}

describe('the sample policy', () => {
  const { ask, server } = useServer(() =>
    startPortcullis({
      config: {
        engine: { paths: [{ path: 'envoy/authz/allow' }, { path: 'authz/allow', shape: 'http-api' }] },
        identity: { sources: [{ kind: 'token-file', file: tokens }] },
        decision_log: { enabled: true },
      },
    }),
  );

  const demo = (contextExtensions?: Message) =>
    httpCheck(
      { method: 'GET', path: '/demo', headers: { authorization: bearer('alice') } },
      contextExtensions && { context_extensions: contextExtensions },
    );

  test('B-01 the context extension portcullis.path chooses a configured decision path', async () => {
    expect(await ask(demo({ 'portcullis.path': 'authz/allow' }))).toBe('allow');
    expect(await ask(demo({ 'portcullis.path': 'envoy/authz/allow' }))).toBe('deny Forbidden');
    expect(await ask(demo({ 'something.else': 'authz/allow' }))).toBe('deny Forbidden');
    expect(await ask(demo())).toBe('deny Forbidden');
  });

  test.each(['carstore/authz/allow', 'users/allow', 'authz', '/authz/allow', 'authz/allow/', ''])(
    'a path that is not configured (%j) is denied, whatever the policy has there',
    async (path) => {
      const readable = httpCheck(
        { method: 'GET', path: '/v1/admin/users/t' },
        { context_extensions: { 'portcullis.path': path } },
      );
      expect(await ask(readable)).toMatch(/^deny (Forbidden|Unauthorized)$/);
    },
  );

  test('the client has no way to choose: a header of that name changes nothing', async () => {
    const headers = { authorization: bearer('alice'), 'portcullis.path': 'authz/allow' };
    expect(await ask(httpCheck({ method: 'GET', path: '/demo', headers }))).toBe('deny Forbidden');
  });

  test.each<[string, Message]>([
    ['an empty CheckRequest', {}],
    ['empty attributes', { attributes: {} }],
    ['an empty request', { attributes: { request: {} } }],
    ['an empty HTTP request', { attributes: { request: { http: {} } } }],
    ['a request without a method', httpCheck({ path: '/v1/admin/users/t' })],
    ['a request without a path', httpCheck({ method: 'GET' })],
    ['a check of the network filter, which has no request', { attributes: { source: peer(1), destination: peer(2) } }],
  ])('A-30 A-31 %s is denied', async (_case, request) => {
    expect(await ask(request)).toMatch(/^deny /);
    const elsewhere = {
      ...(request['attributes'] as object),
      context_extensions: { 'portcullis.path': 'authz/allow' },
    };
    expect(await ask({ attributes: elsewhere })).toMatch(/^deny /);
  });

  test.each(encodings)('F-05 identity and answer are the same when headers come as %s', async (_name, encode) => {
    const write = (lines: readonly [string, string][]) =>
      ask(httpCheck({ method: 'POST', path: '/v1/admin/users/t', ...encode(lines) }));
    expect(await write([['authorization', bearer('admin')]])).toBe('allow');
    expect(await write([['authorization', bearer('kelly')]])).toBe('deny Forbidden');
    expect(await write([])).toBe('deny Unauthorized');
    expect(await write([['authorization', bearer('nobody')]])).toBe('deny Unauthorized');
    const twice: [string, string][] = [
      ['authorization', bearer('kelly')],
      ['authorization', bearer('admin')],
    ];
    expect(await write(twice)).toBe('deny Unauthorized');
    await expect
      .poll(() =>
        server()
          .decisionLog()
          .slice(-5)
          .map(({ subject }) => subject ?? null),
      )
      .toEqual(['admin', 'kelly', null, null, null]);
  });

  test('F-05 a credential in one encoding cannot hide behind another in the other', async () => {
    const both = { ...joined([['authorization', bearer('kelly')]]), ...apart([['authorization', bearer('admin')]]) };
    expect(await ask(httpCheck({ method: 'POST', path: '/v1/admin/users/t', ...both }))).toBe('deny Unauthorized');
  });
});

describe('the trusted-header source', () => {
  const { ask } = useServer(() =>
    startPortcullis({
      config: { identity: { sources: [{ kind: 'trusted-header', underscore_alias: true, unsafe_any_peer: true }] } },
    }),
  );

  test.each(encodings)('A-44 A-45 A-55 roles are read the same way out of %s', async (_name, encode) => {
    const write = (...lines: [string, string][]) =>
      ask(httpCheck({ method: 'POST', path: '/v1/admin/users/t', ...encode(lines) }));
    expect(await write(['user_roles', 'ADMIN_ROLE'])).toBe('allow');
    expect(await write(['x-user-roles', 'ADMIN_ROLE'])).toBe('allow');
    expect(await write(['user_roles', 'USER, ADMIN_ROLE ,,'])).toBe('allow');
    expect(await write(['user_roles', 'USER'], ['user_roles', 'ADMIN_ROLE'])).toBe('allow');
    expect(await write(['user_roles', 'USER'])).toBe('deny Forbidden');
    expect(await write(['user_roles', ''])).toBe('deny Unauthorized');
    expect(await write(['user_roles', 'ADMIN_ROLE'], ['x-user-roles', 'ADMIN_ROLE'])).toBe('deny Unauthorized');
    expect(await write()).toBe('deny Unauthorized');
  });
});

describe('a policy that fails open', () => {
  const { ask } = useServer(async () => {
    const rego = 'package envoy.authz\n\nallow if not input.attributes.request.http.method == "POST"\n';
    const bundle = await buildBundle({ rego, entrypoints: ['envoy/authz/allow'] });
    return startPortcullis({ config: { engine: { wasm: { bundle } } } });
  });

  test.each<[string, Message]>([
    ['an empty CheckRequest', {}],
    ['empty attributes', { attributes: {} }],
    ['an empty request', { attributes: { request: {} } }],
    ['an empty HTTP request', { attributes: { request: { http: {} } } }],
    ['a request without a method', httpCheck({ path: '/' })],
    ['a request without a path', httpCheck({ method: 'GET' })],
    ['context extensions alone', { attributes: { context_extensions: { a: 'b' } } }],
  ])('A-30 A-31 does not see %s', async (_case, request) => {
    expect(await ask(httpCheck({ method: 'GET', path: '/' }))).toBe('allow');
    expect(await ask(request)).toBe('deny BadRequest');
  });
});

// In the way such policies are written: everything comes out of `input.attributes` and the `parsed_` members.
const pluginPolicy = `package istio.authz

import input.attributes.request.http as http_request

default allow := {"allowed": false, "http_status": 403, "headers": {"x-why": "default"}, "body": "no"}

allow := {"allowed": true, "headers": {"x-validated-by": "policy"}, "dynamic_metadata": {"tenant": tenant}} if {
	http_request.method == "GET"
	input.parsed_path == ["tenants", tenant]
	input.parsed_query.view == ["full"]
	lower(http_request.headers["x-tenant"]) == tenant
	not is_banned
}

allow := true if {
	http_request.method == "POST"
	glob.match("/tenants/*", ["/"], http_request.path)
	input.parsed_body.amount < 10
	input.truncated_body == false
	input.version.ext_authz == "v3"
	net.cidr_contains("10.0.0.0/8", input.attributes.source.address.socketAddress.address)
}

tenant := input.parsed_path[1]

is_banned if input.attributes.contextExtensions.banned == tenant
`;

describe.each(['wasm', 'opa'] as const)('a policy written for opa-envoy-plugin, with the engine %s', (kind) => {
  let opa: OpaServer | undefined;
  const { ask, check } = useServer(async () => {
    const policy = { rego: pluginPolicy, entrypoints: ['istio/authz/allow'] };
    const paths = [{ path: 'istio/authz/allow' }];
    if (kind === 'wasm') {
      return startPortcullis({ config: { engine: { paths, wasm: { bundle: await buildBundle(policy) } } } });
    }
    opa = await startOpa({ bundle: await buildBundle({ ...policy, target: 'rego' }) });
    return startPortcullis({ config: { engine: { kind, paths, opa: { url: opa.url } } } });
  });
  afterAll(() => opa?.stop());

  const read = httpCheck({ method: 'GET', path: '/tenants/blue?view=full', headers: { 'x-tenant': 'Blue' } });
  const pay = (http: Message) =>
    ask(httpCheck({ method: 'POST', path: '/tenants/blue', ...http }, { source: peer(1), destination: peer(2) }));

  test('F-06 runs unchanged', async () => {
    const allowed = await check(read);
    expect(allowed).toMatchObject({
      ok_response: { headers: [{ header: { key: 'x-validated-by' } }] },
      dynamic_metadata: { fields: { tenant: { stringValue: 'blue' } } },
    });
    expect(await ask(read)).toBe('allow');
    const { request } = read['attributes'] as { request: Message };
    expect(await ask({ attributes: { request, context_extensions: { banned: 'blue' } } })).toBe('deny Forbidden');
    expect(await ask(httpCheck({ method: 'GET', path: '/tenants/blue?view=short' }))).toBe('deny Forbidden');
    expect(await ask(httpCheck({ method: 'GET', path: '/tenants/red?view=full' }))).toBe('deny Forbidden');
    const denied = await check(httpCheck({ method: 'PUT', path: '/' }));
    expect(denied).toMatchObject({ denied_response: { status: { code: 'Forbidden' }, body: 'no' } });
  });

  test.each<[string, (body: string) => Message]>([
    ['body', (body) => ({ body })],
    ['raw_body', (body) => ({ raw_body: Buffer.from(body) })],
  ])('F-05 F-06 B-45 the body is the same as %s', async (_name, encode) => {
    const headers = { 'content-type': 'application/json' };
    expect(await pay({ headers, ...encode('{"amount": 9}') })).toBe('allow');
    expect(await pay({ headers, ...encode('{"amount": 11}') })).toBe('deny Forbidden');
    expect(await pay({ headers: { 'content-type': 'text/plain' }, ...encode('{"amount": 9}') })).toBe('deny Forbidden');
    expect(await pay({ headers, ...encode('{"amount": 9') })).toBe('deny BadRequest');
  });

  test('F-05 a body that Envoy cut off is not taken for the whole', async () => {
    const headers = { 'content-type': 'application/json', 'x-envoy-auth-partial-body': 'true', 'content-length': '40' };
    expect(await pay({ headers, body: '{"amount": 9}' })).toBe('deny Forbidden');
  });
});

function peer(last: number): Message {
  return { address: { socket_address: { address: `10.0.0.${last}`, port_value: 40_000 + last } } };
}
