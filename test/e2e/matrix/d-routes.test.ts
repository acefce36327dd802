import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { type Gateway, useBackend } from './support/gateway.js';
import { useSeenInput } from './support/seen-input.js';

describe('a request that no route matches', () => {
  const stack = useSeenInput({
    allow: 'false',
    change: ({ virtualHost }) => {
      virtualHost.routes.pop();
    },
  });

  test('D19 gets 404 and is never checked', async () => {
    const { response, log, input } = await stack().ask('/cars');
    expect(response.status).toBe(404);
    expect(log['details']).toBe('route_not_found');
    expect(input).toBeUndefined();
    expect(await stack().checks()).toEqual({ ok: 0, denied: 0, error: 0 });
  });
});

describe('the catch-all route', () => {
  const stack = useSeenInput({ allow: 'false' });

  test('D19 makes every path a checked one', async () => {
    expect((await stack().ask('/no/such/route')).response.status).toBe(403);
    expect((await stack().checks()).denied).toBe(1);
  });
});

/** Sends `/old` elsewhere, and is out of order for the first two requests to `/flaky`. */
function startWaywardBackend(): { readonly server: Server; readonly port: () => number } {
  let failures = 2;
  const server = createServer((request, response) => {
    if (request.url === '/old') response.writeHead(302, { location: `http://${request.headers.host}/new` });
    else if (request.url === '/away') response.writeHead(302, { location: `http://${request.headers.host}/forbidden` });
    else if (request.url === '/flaky' && failures > 0) {
      failures -= 1;
      response.writeHead(503);
    }
    response.end();
  });
  return { server, port: () => (server.address() as AddressInfo).port };
}

describe('requests that Envoy sends again', () => {
  const backend = startWaywardBackend();
  beforeAll(async () => {
    await once(backend.server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => {
    backend.server.close();
    backend.server.closeAllConnections();
  });

  const stack = useSeenInput({
    allow: 'input.parsed_path != ["forbidden"]',
    config: { decision_log: { enabled: true } },
    change: (gateway) => {
      useBackend(gateway, backend.port());
      redirectAndRetry(gateway);
    },
  });
  const checkedPaths = () =>
    stack()
      .portcullis.decisionLog()
      .map(({ path }) => path);

  test('D20 after an internal redirect the new path is checked as well', async () => {
    expect((await stack().ask('/old')).response.status).toBe(200);
    await eventually(() => expect(checkedPaths()).toEqual(['/old', '/new']));
    expect((await stack().ask('/away')).response.status).toBe(403);
    await eventually(() => expect(checkedPaths()).toEqual(['/old', '/new', '/away', '/forbidden']));
  });

  test('D21 a retry towards the backend is not checked again', async () => {
    const before = checkedPaths().length;
    const { ok } = await stack().checks();
    expect((await stack().ask('/flaky')).response.status).toBe(200);
    await eventually(() => expect(checkedPaths()).toHaveLength(before + 1));
    expect(await stack().checks()).toMatchObject({ ok: ok + 1 });
    expect(await stack().envoy.stats(/^cluster\.backend\.upstream_rq_retry$/)).toEqual({
      'cluster.backend.upstream_rq_retry': 2,
    });
  });
});

function redirectAndRetry({ catchAll }: Gateway): void {
  const route = catchAll['route'] as Record<string, unknown>;
  route['internal_redirect_policy'] = { max_internal_redirects: 1 };
  route['retry_policy'] = {
    retry_on: '5xx',
    num_retries: 3,
    retry_back_off: { base_interval: '0.005s', max_interval: '0.01s' },
  };
}
