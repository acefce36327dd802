import { expect, test } from 'vitest';
import { failOnLeaks } from './leaks.js';
import { connectRaw, flag, frame, frameType, wholeCheck } from './raw-peer.js';
import { describeServers } from './start-server.js';
import { until } from './until.js';

failOnLeaks();

describeServers((startServer) => {
  test('a connection that is old enough is told to go away, and a check under way ends with its answer', async () => {
    let release = () => {};
    const { address, server } = await startServer(
      (request) => new Promise((resolve) => (release = () => resolve({ kind: 'response', bytes: request }))),
      { maxConnectionAge: 50 },
    );
    const peer = connectRaw(address);
    peer.send(wholeCheck(1));
    await until(() => peer.frames.some(({ type }) => type === frameType.goAway));
    expect(server.connections()).toBe(1);
    release();
    await until(() => peer.frames.some(({ type, stream }) => type === frameType.data && stream === 1));
    await until(() => server.connections() === 0);
  });

  test('a connection without checks is told to go away', async () => {
    const { address, server } = await startServer(undefined, { maxConnectionIdle: 30 });
    const peer = connectRaw(address);
    peer.send(wholeCheck(1));
    await until(() => peer.frames.some(({ type }) => type === frameType.data));
    await until(() => peer.frames.some(({ type }) => type === frameType.goAway));
    peer.destroy();
    await until(() => server.connections() === 0);
  });

  test('a connection with a check under way is not idle', async () => {
    let release = () => {};
    const { address } = await startServer(
      (request) => new Promise((resolve) => (release = () => resolve({ kind: 'response', bytes: request }))),
      { maxConnectionIdle: 20, keepaliveTime: 50 },
    );
    const peer = connectRaw(address);
    peer.send(wholeCheck(1));
    await until(() => peer.frames.some(({ type }) => type === frameType.ping));
    expect(peer.frames.some(({ type }) => type === frameType.goAway)).toBe(false);
    release();
    await until(() => peer.frames.some(({ type, stream }) => type === frameType.data && stream === 1));
  });

  test('a peer that gives no sign of life is cut off', async () => {
    const { address, server } = await startServer(undefined, { keepaliveTime: 20, keepaliveTimeout: 20 });
    const peer = connectRaw(address);
    await until(() => peer.frames.some(({ type }) => type === frameType.ping));
    await until(() => peer.closed());
    await until(() => server.connections() === 0);
  });

  test('a peer that gives a sign of life stays', async () => {
    const { address } = await startServer(undefined, { keepaliveTime: 20, keepaliveTimeout: 2_000 });
    const peer = connectRaw(address);
    const pings = () => peer.frames.filter(({ type, flags }) => type === frameType.ping && flags === 0);
    for (let count = 1; count <= 5; count += 1) {
      await until(() => pings().length >= count);
      peer.send(frame(frameType.ping, flag.ack, 0, pings().at(-1)?.payload));
    }
    expect(peer.closed()).toBe(false);
  });
});
