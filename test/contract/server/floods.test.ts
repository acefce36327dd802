import { expect, test } from 'vitest';
import type { CheckReply } from '../../../src/check/check-handler.js';
import { failOnLeaks } from './leaks.js';
import {
  connectRaw,
  flag,
  frame,
  frameType,
  headerBlock,
  openCheck,
  preface,
  type RawPeer,
  wholeCheck,
} from './raw-peer.js';
import { describeServers, type Harness, startServer } from './start-server.js';
import { until } from './until.js';

failOnLeaks();

const count = 20_000;
const reset = (stream: number) => frame(frameType.reset, 0, stream, Buffer.of(0, 0, 0, 8));
const odd = (index: number) => 2 * index + 1;

/** A flood is answered with a GOAWAY for its own connection; everyone else is served on. */
async function endsAlone(peer: RawPeer, { client, server }: Harness): Promise<void> {
  await until(() => peer.closed() || peer.frames.some(({ type }) => type === frameType.goAway));
  expect(await client().call(Buffer.of(7)).reply).toEqual({ code: 0, bytes: Buffer.of(7) });
  await until(() => server.checksInFlight() === 0);
}

describeServers((startServer) => {
  test.each([
    ['rapid reset (CVE-2023-44487)', (index: number) => [openCheck(odd(index)), reset(odd(index))]],
    ['whole checks, each reset at once', (index: number) => [wholeCheck(odd(index)), reset(odd(index))]],
    ['empty DATA frames (CVE-2019-9518)', () => [frame(frameType.data, 0, 1)]],
    ['pings that are not read (CVE-2019-9512)', () => [frame(frameType.ping, 0, 0, Buffer.alloc(8))]],
    ['settings that are not read (CVE-2019-9515)', () => [frame(frameType.settings, 0, 0)]],
    [
      'CONTINUATION without end (CVE-2024-27316)',
      (index: number) => [frame(frameType.continuation, 0, 1, headerBlock({ [`x-${index}`]: 'a'.repeat(100) }))],
    ],
  ] as const)('a flood of %s', async (name, frames) => {
    const harness = await startServer();
    const peer = connectRaw(harness.address);
    if (name.includes('DATA')) peer.send(openCheck(1));
    if (name.includes('CONTINUATION')) peer.send(frame(frameType.headers, 0, 1, headerBlock({ ':method': 'POST' })));
    if (name.includes('not read')) peer.pause();
    peer.send(...Array.from({ length: count }, (_, index) => frames(index)).flat());
    if (name.includes('not read')) await serves(harness);
    peer.resume();
    await endsAlone(peer, harness);
  });

  test('more streams than allowed are refused; those allowed are served', async () => {
    const waiting: ((reply: CheckReply) => void)[] = [];
    const harness = await startServer(() => new Promise((resolve) => waiting.push(resolve)), {
      maxConcurrentStreams: 4,
    });
    const peer = connectRaw(harness.address);
    peer.send(...Array.from({ length: 8 }, (_, index) => wholeCheck(odd(index))));
    await until(() => peer.frames.filter(({ type }) => type === frameType.reset).length === 4);
    await until(() => waiting.length === 4);
    for (const resolve of waiting) resolve({ kind: 'response', bytes: Buffer.of(7) });
    await until(() => peer.frames.filter(({ type }) => type === frameType.data).length === 4);
    expect(waiting).toHaveLength(4);
  });

  test('checks that are reset at once reach the handler at most once, and none stays in flight', async () => {
    let begun = 0;
    const harness = await startServer(
      async (request) => {
        begun += 1;
        await new Promise((resolve) => setImmediate(resolve));
        return { kind: 'response', bytes: request };
      },
      { maxConcurrentChecks: 1000 },
    );
    const peer = connectRaw(harness.address);
    peer.send(...Array.from({ length: 300 }, (_, index) => [wholeCheck(odd(index)), reset(odd(index))]).flat());
    peer.send(wholeCheck(odd(300)));
    await until(() => peer.frames.some(({ type, stream }) => type === frameType.data && stream === odd(300)));
    expect(begun).toBeLessThanOrEqual(301);
    await until(() => harness.server.checksInFlight() === 0);
  });

  test.each([
    ['no HTTP/2', [Buffer.from('GET / HTTP/1.1\r\nhost: test\r\n\r\n')]],
    [
      'a frame larger than allowed',
      [preface, frame(frameType.settings, 0, 0), frame(frameType.data, 0, 1, Buffer.alloc(20_000))],
    ],
    ['a stream of the wrong parity', [preface, frame(frameType.settings, 0, 0), openCheck(2)]],
    ['DATA before HEADERS', [preface, frame(frameType.settings, 0, 0), frame(frameType.data, flag.endStream, 1)]],
    [
      'a malformed header block',
      [preface, frame(frameType.settings, 0, 0), frame(frameType.headers, 5, 1, Buffer.of(0xff, 0xff, 0xff))],
    ],
  ])('%s ends the connection and nothing else', async (_, hello) => {
    const harness = await startServer();
    await endsAlone(connectRaw(harness.address, [...hello]), harness);
  });

  test('a client that does not read its answers costs the others nothing', async () => {
    const harness = await startServer(() => ({ kind: 'response', bytes: Buffer.alloc(100_000, 1) }), {
      maxConcurrentStreams: 100,
    });
    const peer = connectRaw(harness.address);
    peer.pause();
    peer.send(...Array.from({ length: 100 }, (_, index) => wholeCheck(odd(index))));
    await serves(harness);
    expect(harness.server.checksInFlight()).toBe(0);
    peer.destroy();
    await until(() => harness.server.connections() === 1);
  });
});

async function serves({ client }: Harness): Promise<void> {
  expect(await client().call(Buffer.of(7)).reply).toMatchObject({ code: 0 });
}

test('http2: a connection that Node has given up, and would leave open, is closed for its silence', async () => {
  const { address, server } = await startServer(undefined, {
    server: 'http2',
    keepaliveTime: 20,
    keepaliveTimeout: 20,
  });
  const peer = connectRaw(address);
  peer.send(frame(frameType.data, flag.endStream, 1));
  await until(() => peer.frames.some(({ type }) => type === frameType.goAway));
  await until(() => peer.closed());
  await until(() => server.connections() === 0);
});
