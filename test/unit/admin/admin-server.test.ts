import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type AdminServerParts, createAdminServer } from '../../../src/admin/admin-server.js';
import { listen } from '../../../src/server/listen.js';

const status = {
  version: '1.2.3',
  started: '2026-10-01T12:00:00.000Z',
  engine: 'wasm',
  revision: 'abc',
  ready: true,
  decision_paths: ['envoy/authz/allow'],
};

async function start(parts: Partial<AdminServerParts> = {}): Promise<string> {
  const server = createAdminServer({
    listen: (http) => listen(http, { kind: 'tcp', host: '127.0.0.1', port: 0 }),
    readiness: { state: () => 'ready' },
    metrics: { scrape: async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', text: 'up 1\n' }) },
    status: () => status,
    fault: () => {},
    ...parts,
  });
  const address = await server.listen();
  onTestFinished(() => server.close());
  return address;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(address: string, path: string, method = 'GET', headers = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const [host, port] = address.split(':');
    const sent = request({ host, port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('A-04 alive is always 200, ready says what the engine says', async () => {
  let state = 'engine_not_ready';
  const address = await start({ readiness: { state: () => state } });
  for (const [now, expected] of [
    ['engine_not_ready', 503],
    ['ready', 200],
    ['draining', 503],
  ] as const) {
    state = now;
    expect(await ask(address, '/readyz')).toMatchObject({ status: expected, body: `${now}\n` });
    expect(await ask(address, '/livez')).toMatchObject({ status: 200, body: 'alive\n' });
  }
});

test('B-42 shows the metrics in the text format', async () => {
  const answer = await ask(await start(), '/metrics');
  expect(answer).toMatchObject({ status: 200, body: 'up 1\n' });
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
});

test('C-48 shows the revision that answers in the status', async () => {
  const answer = await ask(await start(), '/status');
  expect(answer.headers['content-type']).toBe('application/json');
  expect(JSON.parse(answer.body)).toEqual(status);
});

test('answers are not stored and not sniffed', async () => {
  const { headers } = await ask(await start(), '/livez');
  expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
});

test.each(['/', '/nope', '/livez/', '/LIVEZ', '//livez', '/%6civez', '/constructor', '/metrics/../status'])(
  '%s is 404',
  async (path) => {
    expect(await ask(await start(), path)).toMatchObject({ status: 404 });
  },
);

test('a query does not matter', async () => {
  expect(await ask(await start(), '/livez?verbose')).toMatchObject({ status: 200 });
});

test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is 405', async (method) => {
  const answer = await ask(await start(), '/status', method);
  expect(answer.status).toBe(405);
  expect(answer.headers['allow']).toBe('GET, HEAD');
});

test('HEAD has the headers of GET and no body', async () => {
  const answer = await ask(await start(), '/livez', 'HEAD');
  expect(answer).toMatchObject({ status: 200, body: '' });
  expect(answer.headers['content-length']).toBe('6');
});

test('a page that cannot be made is 500 without the cause', async () => {
  const faults: unknown[] = [];
  const fault = new Error('secret');
  const address = await start({
    metrics: { scrape: () => Promise.reject(fault) },
    fault: (error) => faults.push(error),
  });
  expect(await ask(address, '/metrics')).toMatchObject({ status: 500, body: 'internal error\n' });
  expect(faults).toEqual([fault]);
});

test('oversized headers are refused', async () => {
  expect(await ask(await start(), '/livez', 'GET', { 'x-long': 'x'.repeat(9_000) })).toMatchObject({ status: 431 });
});

test('a port that is taken is address_in_use and names the address', async () => {
  const address = await start();
  const port = Number(address.split(':')[1]);
  const again = start({ listen: (http) => listen(http, { kind: 'tcp', host: '127.0.0.1', port }) });
  await expect(again).rejects.toMatchObject({ code: 'address_in_use', message: expect.stringContaining(address) });
});

test('close does not wait for idle connections', async () => {
  const server = createAdminServer({
    listen: (http) => listen(http, { kind: 'tcp', host: '127.0.0.1', port: 0 }),
    readiness: { state: () => 'ready' },
    metrics: { scrape: async () => ({ contentType: 'text/plain', text: '' }) },
    status: () => status,
    fault: () => {},
  });
  const [host = '', port = ''] = (await server.listen()).split(':');
  const idle = connect(Number(port), host);
  const closed = new Promise((resolve) => idle.once('close', resolve));
  idle.on('error', () => {});
  await new Promise((resolve) => idle.once('connect', resolve));
  await server.close();
  await closed;
});
