import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { http2Outcome } from '../ambiguous/support/http2-outcome.js';
import { ask, askPassed } from '../ambiguous/support/raw-request.js';
import { newMark, useSeenInput } from './support/seen-input.js';

describe('CONNECT where it is not enabled', () => {
  const stack = useSeenInput();

  test('D12 is refused without a check, and Envoy lives', async () => {
    const before = await stack().checks();
    for (const target of ['gateway.example:80', '/', '*']) {
      expect(await statusOfConnect(stack().url, target)).toBeGreaterThanOrEqual(400);
    }
    expect(await http2Outcome(stack().url, { ':method': 'CONNECT', ':authority': 'gateway.example:80' })).not.toBe(200);
    expect(await stack().checks()).toEqual(before);
    await askPassed(stack(), {});
  });
});

describe('CONNECT where it is enabled', () => {
  const stack = useSeenInput({
    change: ({ connectionManager, virtualHost }) => {
      connectionManager['upgrade_configs'] = [{ upgrade_type: 'CONNECT' }];
      const upgrade = { upgrade_type: 'CONNECT', connect_config: {} };
      virtualHost.routes.unshift({
        match: { connect_matcher: {} },
        route: { cluster: 'backend', upgrade_configs: [upgrade] },
      });
    },
    config: { decision_log: { enabled: true } },
  });

  test('D12 a request without a path is denied before the policy is asked, and Envoy lives', async () => {
    expect(await statusOfConnect(stack().url, 'gateway.example:80')).toBe(400);
    const denial = { method: 'CONNECT', reason: 'request_invalid' };
    await eventually(() => expect(stack().portcullis.decisionLog()).toMatchObject([denial]));
    expect((await stack().checks()).denied).toBe(1);
    expect(await http2Outcome(stack().url, { ':method': 'CONNECT', ':authority': 'gateway.example:80' })).toBe(400);
    await askPassed(stack(), {});
  });
});

describe('WebSocket over HTTP/2', () => {
  const stack = useSeenInput({
    change: ({ connectionManager }) => {
      connectionManager['upgrade_configs'] = [{ upgrade_type: 'websocket' }];
      connectionManager['http2_protocol_options'] = { allow_connect: true };
    },
    allow: 'not input.attributes.request.http.headers.upgrade',
  });

  test('D13 an extended CONNECT is checked; Envoy shows it as the upgrade that it stands for, without `:protocol`', async () => {
    const mark = newMark();
    const headers = { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat', 'x-mark': mark };
    expect(await http2Outcome(stack().url, headers)).toBe(403);
    const { input } = await stack().seen(mark);
    const { http } = input.attributes.request;
    expect(http).toMatchObject({ method: 'GET', path: '/chat', protocol: 'HTTP/2', headers: { upgrade: 'websocket' } });
    expect(http.headers).not.toHaveProperty([':protocol']);
  });
});

describe('a policy that names the methods it allows', () => {
  const stack = useSeenInput({
    allow: `count([1 |
      input.attributes.request.http.method in {"GET", "POST"}
      not input.attributes.request.http.headers["x-http-method-override"]
    ]) == 1`,
  });

  test('D14 a QUERY, which Envoy refuses without a content type, gets 403', async () => {
    expect(await ask(stack(), { method: 'QUERY' })).toMatchObject({ refusedBy: 'Envoy', status: 400 });
    expect((await ask(stack(), { method: 'QUERY', headers: ['content-type: text/plain'] })).status).toBe(403);
  });

  test.each([
    ['TRACE', 403],
    ['DELETE', 403],
    ['PROPFIND', 403],
    ['GeT', 400],
    ['get', 400],
    ['GET\x01', 400],
    ['X-ANY', 400],
  ])('D14 the method %j gets %i', async (method, status) => {
    expect((await ask(stack(), { method })).status).toBe(status);
  });

  test('D14 over HTTP/2, where Envoy takes more methods, the policy decides', async () => {
    for (const method of ['QUERY', 'TRACE', 'PURGE']) {
      const headers = { ':method': method, 'content-type': 'application/json' };
      expect(await http2Outcome(stack().url, headers)).toBe(403);
    }
  });

  test('D14 a header that names another method is there for the policy to see', async () => {
    expect((await ask(stack(), { method: 'POST', headers: ['x-http-method-override: DELETE'] })).status).toBe(403);
    expect((await ask(stack(), { method: 'POST' })).status).toBe(200);
  });
});

/** Envoy keeps the connection of a CONNECT open, so that only the first line is waited for. */
function statusOfConnect(origin: string, target: string): Promise<number> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.once('error', reject);
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(Number(chunk.toString('latin1').split(' ')[1]));
    });
    socket.write(`CONNECT ${target} HTTP/1.1\r\nhost: gateway.example:80\r\n\r\n`);
  });
}
