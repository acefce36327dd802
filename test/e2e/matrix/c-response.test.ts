import { describe, expect, test } from 'vitest';
import { type Gateway, typed } from './support/gateway.js';
import { useToldDecision } from './support/told-decision.js';

/** A route whose cluster has nobody listening. */
function addUnreachable({ config, virtualHost }: Gateway): void {
  const endpoint = { address: { socket_address: { address: '127.0.0.1', port_value: 1 } } };
  const cluster = {
    name: 'unreachable',
    connect_timeout: '1s',
    load_assignment: { cluster_name: 'unreachable', endpoints: [{ lb_endpoints: [{ endpoint }] }] },
  };
  config.static_resources.clusters?.push(cluster);
  virtualHost.routes.unshift({ match: { path: '/unreachable' }, route: { cluster: 'unreachable' } });
}

const told = useToldDecision({
  change: addUnreachable,
  config: { decision: { redirect_origins: ['https://login.example'] } },
});

describe('headers towards the client on an allow', () => {
  const decision = {
    allowed: true,
    response_headers_to_add: {
      'x-content-type-options': 'ours',
      'x-new': ['1', '2'],
      'set-cookie': ['a=1; Path=/', 'b=2; Path=/'],
    },
  };

  test("C16 a header that is set replaces the backend's, several values and cookies all arrive", async () => {
    const { headers, status } = (await told().decide(decision)).response;
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'x-content-type-options': 'ours',
      'x-new': ['1', '2'],
      'set-cookie': ['a=1; Path=/', 'b=2; Path=/'],
    });
  });

  test('C16 they are also on a 503 of the router', async () => {
    const { headers, status } = (await told().decide(decision, '/unreachable')).response;
    expect(status).toBe(503);
    expect(headers).toMatchObject({ 'x-new': ['1', '2'], 'set-cookie': ['a=1; Path=/', 'b=2; Path=/'] });
  });

  test("C16 an appended header stands beside the backend's", async () => {
    const appended = { 'x-content-type-options': { value: 'ours', append: true } };
    const { headers } = (await told().decide({ allowed: true, response_headers_to_add: appended })).response;
    expect(headers['x-content-type-options']).toEqual(['nosniff', 'ours']);
  });
});

describe('dynamic metadata', () => {
  const metadata = { team: { name: 'red', size: 3, share: 0.5 }, tags: ['a', null, true], big: 9007199254740992 };

  test.each([true, false])('C19 nested values and numbers are in the access log; allowed: %s', async (allowed) => {
    const { log } = await told().decide({ allowed, dynamic_metadata: metadata });
    expect(log['metadata']).toMatchObject({ ...metadata, decision_id: log['decision_id'] });
  });

  const ignoring = useToldDecision({
    change: ({ extAuthz }) => {
      extAuthz['enable_dynamic_metadata_ingestion'] = false;
    },
  });

  test('C20 Envoy ignores it where it is told to, and counts that', async () => {
    const { log, response } = await ignoring().decide({ allowed: true, dynamic_metadata: metadata });
    expect(response.status).toBe(200);
    expect(JSON.stringify(log['metadata'])).not.toContain('team');
    expect(log['decision_id']).toBeNull();
    expect(await ignoring().count('ignored_dynamic_metadata')).toBe(1);
  });
});

describe('a denial', () => {
  test('C21 two challenges and two cookies all arrive', async () => {
    const headers = { 'www-authenticate': ['Basic realm="a"', 'Bearer realm="b"'], 'set-cookie': ['a=1', 'b=2'] };
    const { response } = await told().decide({ allowed: false, http_status: 401, headers });
    expect(response).toMatchObject({ status: 401, headers });
  });

  test.each([301, 302, 303, 307, 308])('C22 a redirect with %i is followed', async (status) => {
    const { response } = await told().decide({
      allowed: false,
      http_status: status,
      headers: { location: '/health/liveness' },
    });
    expect(response).toMatchObject({ status, headers: { location: '/health/liveness' } });
    const headers = [
      ...told().headersFor({ allowed: false, http_status: status, headers: { location: '/health/liveness' } }, 'c22'),
    ];
    const followed = await fetch(`${told().url}/cars`, {
      headers: headers.map(([name, value]): [string, string] => [name, value]),
    });
    expect(followed).toMatchObject({ redirected: true, status: 200, url: `${told().url}/health/liveness` });
  });

  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    'https:evil.example',
    'javascript:alert(1)',
  ])('C22 an open redirect to %s is refused', async (location) => {
    const { response } = await told().decide({ allowed: false, http_status: 302, headers: { location } });
    expect(response).toMatchObject({ status: 500, body: '' });
    expect(response.headers['location']).toBeUndefined();
  });

  test('C22 a redirect to a configured origin passes, one that says nowhere does not', async () => {
    const location = 'https://login.example/authorize?state=1';
    const { response } = await told().decide({ allowed: false, http_status: 302, headers: { location } });
    expect(response).toMatchObject({ status: 302, headers: { location } });
    expect((await told().decide({ allowed: false, http_status: 302 })).response.status).toBe(500);
  });

  test.each([200, 100, 999, '403'])(
    'C23 the status %j never reaches the client: 500, by our own rule',
    async (status) => {
      expect((await told().decide({ allowed: false, http_status: status })).response.status).toBe(500);
    },
  );

  test('C24 a JSON body keeps its content type, a text is text/plain, an empty body has none', async () => {
    const json = { body: '{"error":"no"}', headers: { 'content-type': 'application/json' } };
    expect((await told().decide({ allowed: false, ...json })).response).toMatchObject({ ...json, status: 403 });
    const text = (await told().decide({ allowed: false, body: 'nö' })).response;
    expect(text).toMatchObject({ body: 'nö', headers: { 'content-type': 'text/plain', 'content-length': '3' } });
    const empty = (await told().decide({ allowed: false, headers: { 'content-type': 'application/json' } })).response;
    expect(empty.body).toBe('');
    expect(empty.headers['content-type']).toBeUndefined();
  });

  test('C25 content-length and transfer-encoding are refused; the length is the right one', async () => {
    const { response } = await told().decide({ allowed: false, body: 'four' });
    expect(response.headers['content-length']).toBe('4');
    for (const header of [{ 'content-length': '1' }, { 'transfer-encoding': 'chunked' }]) {
      expect((await told().decide({ allowed: false, body: 'four', headers: header })).response).toMatchObject({
        status: 500,
        body: '',
      });
    }
  });

  test('C26 HEAD gets no body', async () => {
    const { response } = await told().decide({ allowed: false, body: 'four' }, '/cars', { method: 'HEAD' });
    expect(response).toMatchObject({ status: 403, body: '' });
  });

  test("C27 a body longer than Envoy's max_denied_response_body_bytes is cut", async () => {
    const { response } = await told().decide({ allowed: false, body: 'x'.repeat(5000) });
    expect(response).toMatchObject({ status: 403, body: 'x'.repeat(4096) });
  });

  const limited = useToldDecision({ config: { decision: { max_body_size: '4KiB' } } });

  test('C27 one longer than decision.max_body_size is refused; at the limit it arrives whole', async () => {
    const atLimit = 'x'.repeat(4096);
    expect((await limited().decide({ allowed: false, body: atLimit })).response).toMatchObject({
      status: 403,
      body: atLimit,
    });
    expect((await limited().decide({ allowed: false, body: `${atLimit}x` })).response).toMatchObject({
      status: 500,
      body: '',
    });
  });
});

describe('a denial for gRPC', () => {
  const call = (type: string) => ({ method: 'POST', headers: { 'content-type': type }, body: '\0\0\0\0\0' });

  test.each([
    [{}, '7'],
    [{ http_status: 401 }, '16'],
    [{ http_status: 400 }, '13'],
    [{ http_status: 404 }, '12'],
    [{ http_status: 429 }, '14'],
    [{ http_status: 503 }, '14'],
    [{ http_status: 409 }, '2'],
    [{ headers: { 'grpc-status': '5' } }, '5'],
  ])('C28 %j is 200 with the gRPC status %s and the body as its message', async (members, code) => {
    const { response } = await told().decide(
      { allowed: false, body: 'nö: 100%', ...members },
      '/a.B/C',
      call('application/grpc'),
    );
    expect(response).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-type': 'application/grpc', 'grpc-status': code },
    });
    expect(decodeURIComponent(String(response.headers['grpc-message']))).toBe('nö: 100%');
  });

  const grpcWeb = {
    name: 'envoy.filters.http.grpc_web',
    typed_config: typed('envoy.extensions.filters.http.grpc_web.v3.GrpcWeb', {}),
  };
  const before = useToldDecision({
    change: ({ connectionManager }) => connectionManager.http_filters.unshift(grpcWeb),
  });
  const after = useToldDecision({
    change: ({ connectionManager }) => connectionManager.http_filters.splice(-1, 0, grpcWeb),
  });

  test('C29 gRPC-Web behind the grpc_web filter gets a gRPC status, still with 403', async () => {
    const { response } = await before().decide(
      { allowed: false, body: 'nö' },
      '/a.B/C',
      call('application/grpc-web+proto'),
    );
    expect(response).toMatchObject({
      status: 403,
      headers: { 'content-type': 'application/grpc-web+proto', 'grpc-status': '7', 'grpc-message': 'n%C3%B6' },
    });
  });

  test('C29 with the filter after ext_authz it is a plain 403', async () => {
    const { response } = await after().decide(
      { allowed: false, body: 'nö' },
      '/a.B/C',
      call('application/grpc-web+proto'),
    );
    expect(response).toMatchObject({ status: 403, body: 'nö', headers: { 'content-type': 'text/plain' } });
    expect(response.headers['grpc-status']).toBeUndefined();
  });
});

describe('shadow_mode', () => {
  const shadow = useToldDecision({
    change: ({ connectionManager, extAuthz }) => {
      extAuthz['shadow_mode'] = true;
      for (const { typed_config } of connectionManager.access_log) {
        typed_config.log_format.json_format['shadow'] = '%FILTER_STATE(envoy.filters.http.ext_authz.shadow:PLAIN)%';
      }
    },
  });

  test('C33 a denial lets the request through and is in the filter state, the counters and our decision log', async () => {
    const decision = { allowed: false, http_status: 401, dynamic_metadata: { team: 'red' } };
    const { response, log, echo } = await shadow().decide(decision);
    expect(response.status).toBe(200);
    expect(echo?.path).toBe('/cars');
    expect(JSON.parse(String(log['shadow']))).toMatchObject({ check_result: 'DENIED', status_code: 401 });
    expect(log['metadata']).toMatchObject({ team: 'red' });
    expect(await shadow().count('shadow_denied')).toBe(1);
  });

  test('C33 an allow is in the filter state too', async () => {
    const { log } = await shadow().decide(true);
    expect(JSON.parse(String(log['shadow']))).toMatchObject({ check_result: 'OK' });
  });
});
