import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from './support/gateway.js';
import { newMark, useSeenInput } from './support/seen-input.js';

// Accepts every upgrade and sends back what it gets.
const backend = createServer((_request, response) => void response.end('no upgrade'));
backend.on('upgrade', (_request: IncomingMessage, socket: Socket, first: Buffer) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  socket.write(first);
  socket.pipe(socket);
});
beforeAll(async () => {
  await once(backend.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  backend.close();
  backend.closeAllConnections();
});

describe('WebSocket', () => {
  const stack = useSeenInput({
    change: (gateway) => {
      useBackend(gateway, (backend.address() as AddressInfo).port);
      gateway.connectionManager['upgrade_configs'] = [{ upgrade_type: 'websocket' }];
      gateway.extAuthz['with_request_body'] = { max_request_bytes: 1024, pack_as_bytes: true };
    },
    allow: 'count([1 | input.parsed_path[0] == "by-body"; not input.parsed_body.ok]) == 0',
  });

  function upgrade(path: string, mark: string) {
    return request(`${stack().url}${path}`, {
      agent: false,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'content-type': 'application/json',
        'x-mark': mark,
      },
    }).end();
  }

  test('B10 the policy sees the upgrade and no body; what is said after that is not checked', async () => {
    const before = await stack().checks();
    const mark = newMark();
    const [response, socket] = (await once(upgrade('/chat', mark), 'upgrade')) as [IncomingMessage, Socket];
    expect(response.statusCode).toBe(101);
    socket.write('{"ok":false}');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toBe('{"ok":false}');
    socket.destroy();
    const { input } = await stack().seen(mark);
    expect(input.attributes.request.http.headers).toMatchObject({ upgrade: 'websocket', connection: 'Upgrade' });
    expect(input).toMatchObject({ parsed_body: null, truncated_body: false });
    expect(input.attributes.request.http).not.toHaveProperty('rawBody');
    expect(input.attributes.request.http.headers).not.toHaveProperty('x-envoy-auth-partial-body');
    expect((await stack().checks()).ok).toBe(before.ok + 1);
  });

  test('B10 a policy that allows by the body denies the upgrade', async () => {
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"ok":true}' };
    expect((await stack().ask('/by-body', post)).response.status).toBe(200);
    const mark = newMark();
    const [response] = (await once(upgrade('/by-body', mark), 'response')) as [IncomingMessage];
    response.resume();
    const { log } = await stack().seen(mark);
    expect(response.statusCode).toBe(403);
    expect(log).toMatchObject({ flags: 'UAEX', details: 'ext_authz_denied' });
  });
});

describe('WebSocket where upgrades are not enabled', () => {
  const stack = useSeenInput();

  test('B10 the shipped gateway lets no upgrade through', async () => {
    const mark = newMark();
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'x-mark': mark };
    const [response] = (await once(request(`${stack().url}/chat`, { agent: false, headers }).end(), 'response')) as [
      IncomingMessage,
    ];
    response.resume();
    const { input, log } = await stack().seen(mark);
    expect(response.statusCode).toBe(403);
    expect(log).toMatchObject({ details: 'upgrade_failed' });
    expect(input).toBeUndefined();
  });
});
