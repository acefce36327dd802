import { stat, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CheckCall } from '../../../../src/check/check-handler.js';
import type { SubRequest } from '../../../../src/server/http-front/sub-request.js';
import { createAuthority } from '../../../support/certificates.js';
import { failOnLeaks } from '../leaks.js';
import { temporaryFolder } from '../start-server.js';
import { until } from '../until.js';
import { connectTo, fine, startFront } from './start-front.js';

failOnLeaks();

/** An answer that comes when the test says so. */
function heldAnswer() {
  let resolve: (answer: typeof fine) => void = () => {};
  const promise = new Promise<typeof fine>((done) => {
    resolve = done;
  });
  return { promise, resolve: (answer: typeof fine) => resolve(answer) };
}

const ask = 'GET /check HTTP/1.1\r\nhost: front\r\n\r\n';

test('what the gateway sent reaches the check line by line, and the answer goes back', async () => {
  const seen: SubRequest[] = [];
  const { address } = await startFront(async (sub) => {
    seen.push(sub);
    return {
      status: 401,
      headers: [
        ['a', '1'],
        ['a', '2'],
        ['b', 'é'],
      ],
      body: 'no',
    };
  });
  const peer = connectTo(address);
  peer.write('GET /check?x HTTP/1.1\r\nHost: front\r\nTwice: 1\r\ntwice: 2\r\nText: \xc3\xa9\xff\r\n\r\n');
  await until(() => peer.received().endsWith('no'));
  expect(seen).toEqual([
    {
      method: 'GET',
      target: '/check?x',
      headers: [
        ['host', 'front'],
        ['twice', '1'],
        ['twice', '2'],
        ['text', 'é\ufffd'],
      ],
      body: undefined,
    },
  ]);
  expect(peer.received()).toMatch(/^HTTP\/1\.1 401 [\s\S]*\r\na: 1\r\na: 2\r\nb: \xc3\xa9\r\n/);
});

test('a peer that is not declared is cut off before anything of it is read', async () => {
  let checks = 0;
  const { address, events } = await startFront(
    async () => {
      checks += 1;
      return fine;
    },
    { isTrustedPeer: (peer) => peer !== '127.0.0.1' },
  );
  const peer = connectTo(address);
  peer.write(ask);
  await until(() => peer.closed());
  expect([peer.received(), checks, events]).toEqual(['', 0, ['untrusted_peer']]);
});

describe('limits', () => {
  test.each([
    ['a request line without a version', 'GET /check\r\n\r\n'],
    ['two lengths', 'POST /check HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'],
    [
      'a length and chunks',
      'POST /check HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['chunks under another coding', 'POST /check HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, x\r\n\r\n'],
    ['a bare line feed', 'GET /check HTTP/1.1\nhost: a\n\n'],
    ['a folded line', 'GET /check HTTP/1.1\r\nhost: a\r\nx: 1\r\n x-original-uri: /\r\n\r\n'],
    ['a space before the colon', 'GET /check HTTP/1.1\r\nhost: a\r\nx-original-uri : /\r\n\r\n'],
    ['a NUL', 'GET /check HTTP/1.1\r\nhost: a\r\nx-original-uri: /\0\r\n\r\n'],
    ['no host', 'GET /check HTTP/1.1\r\n\r\n'],
  ])('%s is refused with 400 and the connection closed', async (_, bytes) => {
    let checks = 0;
    const { address } = await startFront(async () => {
      checks += 1;
      return fine;
    });
    const peer = connectTo(address);
    peer.write(bytes);
    await until(() => peer.closed());
    expect(peer.received()).toMatch(/^HTTP\/1\.1 400 /);
    expect(checks).toBe(0);
  });

  test('headers beyond the limit are 431, and no number of lines hides one', async () => {
    const lines: number[] = [];
    const { address, events } = await startFront(
      async ({ headers }) => {
        lines.push(headers.length);
        return fine;
      },
      { maxHeaderSize: 64 * 1024 },
    );
    const many = connectTo(address);
    many.write(`GET /check HTTP/1.1\r\nhost: a\r\n${'a:1\r\n'.repeat(3000)}\r\n`);
    await until(() => many.received().includes('200 OK'));
    expect(lines).toEqual([3001]);
    const large = connectTo(address);
    large.write(`GET /check HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(65 * 1024)}\r\n\r\n`);
    await until(() => large.closed());
    expect(large.received()).toMatch(/^HTTP\/1\.1 431 /);
    expect(events).toEqual(['malformed']);
  });

  test('a request that does not come to its end is 408', async () => {
    const { address } = await startFront(undefined, { requestTimeout: 40 });
    const peer = connectTo(address);
    peer.write('GET /check HTTP/1.1\r\nhost: a\r\nx: ');
    await until(() => peer.closed());
    expect(peer.received()).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('one check more than may be in flight is 503', async () => {
    const held = heldAnswer();
    const { address, events, front } = await startFront(() => held.promise, { maxConcurrentChecks: 1 });
    const first = connectTo(address);
    first.write(ask);
    await until(() => front.checksInFlight() === 1);
    const second = connectTo(address);
    second.write(ask);
    await until(() => second.received().includes('HTTP/1.1 503 '));
    held.resolve(fine);
    await until(() => first.received().includes('HTTP/1.1 200 '));
    expect([front.checksInFlight(), events]).toEqual([0, ['overloaded']]);
  });

  test('connections beyond the limit are closed', async () => {
    const { address } = await startFront(undefined, { maxConnections: 1 });
    const first = connectTo(address);
    first.write(ask);
    await until(() => first.received() !== '');
    const second = connectTo(address);
    await until(() => second.closed());
    expect(second.received()).toBe('');
  });
});

describe('bodies', () => {
  const post = (length: number) => `POST /check HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n`;

  test('one that nobody asked for is not read, and what follows it is no request', async () => {
    let checks = 0;
    const { address } = await startFront(async ({ body }) => {
      expect(body).toBeUndefined();
      checks += 1;
      return fine;
    });
    const peer = connectTo(address);
    peer.write(`${post(100)}${ask}`);
    await until(() => peer.closed());
    expect(peer.received()).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close/i);
    expect(checks).toBe(1);
  });

  test('one that is read is whole, up to the limit', async () => {
    const { address, events } = await startFront(
      async ({ body }) => ({ ...fine, body: Buffer.from(body ?? []).toString() }),
      { maxBodySize: 5 },
    );
    const peer = connectTo(address);
    peer.write(`${post(5)}he`);
    peer.write('llo');
    await until(() => peer.received().endsWith('hello'));
    const large = connectTo(address);
    large.write(`${post(6)}hello!`);
    await until(() => large.received().includes('HTTP/1.1 413 '));
    expect(events).toEqual(['body_too_large']);
  });

  test('a gateway that goes away in the middle of one is no fault', async () => {
    const { address, events, front } = await startFront(undefined, { maxBodySize: 100 });
    const peer = connectTo(address);
    peer.write(`${post(5)}he`);
    await until(() => front.checksInFlight() === 1);
    peer.socket.destroy();
    await until(() => front.checksInFlight() === 0);
    expect(events.filter((event) => event.startsWith('fault'))).toEqual([]);
  });
});

test('a check that fails is a 500 without a word of why', async () => {
  const { address, events } = await startFront(() => Promise.reject(new Error('inside')));
  const peer = connectTo(address);
  peer.write(ask);
  await until(() => peer.received().includes('HTTP/1.1 500 '));
  expect(peer.received()).not.toContain('inside');
  expect(events).toEqual(['fault: inside']);
});

test('a gateway that gives up cancels its check', async () => {
  const calls: CheckCall[] = [];
  const held = heldAnswer();
  const { address } = await startFront((_, call) => {
    calls.push(call);
    return held.promise;
  });
  const peer = connectTo(address);
  peer.write(ask);
  await until(() => calls.length === 1);
  const signal = calls[0]?.signal;
  expect(signal?.aborted).toBe(false);
  peer.socket.destroy();
  await until(() => signal?.aborted === true);
  held.resolve(fine);
});

test('stopping lets a check end, tells its connection so, and closes the idle ones', async () => {
  const held = heldAnswer();
  let waits = false;
  const { address, front } = await startFront(() => (waits ? held.promise : Promise.resolve(fine)));
  const idle = connectTo(address);
  idle.write(ask);
  await until(() => idle.received().includes('200 OK'));
  waits = true;
  const busy = connectTo(address);
  busy.write(ask);
  await until(() => front.checksInFlight() === 1);
  const stopped = front.stop();
  await until(() => idle.closed());
  expect(busy.closed()).toBe(false);
  held.resolve(fine);
  await stopped;
  expect(busy.received()).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close/i);
});

test('a Unix socket has the mode that is asked for, and asks nobody for an address', async () => {
  const path = join(await temporaryFolder(), 'front.sock');
  const { address } = await startFront(undefined, {
    address: `unix://${path}`,
    socketMode: 0o600,
    isTrustedPeer: () => false,
  });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const peer = connectTo(address);
  peer.write(ask);
  await until(() => peer.received().includes('200 OK'));
});

test('with mutual TLS only a gateway with a certificate is answered', async () => {
  const authority = createAuthority('Test authority');
  const folder = await temporaryFolder();
  const own = authority.issue('front');
  const tls = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), clientCa: join(folder, 'ca.crt') };
  await Promise.all([
    writeFile(tls.cert, own.cert),
    writeFile(tls.key, own.key),
    writeFile(tls.clientCa, authority.cert),
  ]);
  const { address } = await startFront(undefined, { tls });
  const [host, port] = address.split(':');
  const get = (client: object) =>
    new Promise<number | string>((resolve) => {
      const options = { host, port, path: '/check', ca: authority.cert, agent: false, ...client };
      const request = httpsRequest(options, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on('error', () => resolve('refused'));
      request.end();
    });
  const { cert, key } = authority.issue('gateway');
  expect(await get({ cert, key })).toBe(200);
  expect(await get({})).toBe('refused');
  const other = createAuthority('Other authority').issue('gateway');
  expect(await get({ cert: other.cert, key: other.key })).toBe('refused');
});
