import { connect as connectSession } from 'node:http2';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { CheckReply } from '../../../src/check/check-handler.js';
import { shutDown } from '../../../src/server/shutdown.js';
import { failOnLeaks } from './leaks.js';
import { describeServers, type Harness } from './start-server.js';
import { until } from './until.js';

failOnLeaks();

const never = new AbortController().signal;
const minute = 60_000;

/** A handler whose answers wait for `release`. */
function held() {
  const waiting: ((reply: CheckReply) => void)[] = [];
  return {
    handler: () => new Promise<CheckReply>((resolve) => waiting.push(resolve)),
    count: () => waiting.length,
    release: () => {
      for (const resolve of waiting) resolve({ kind: 'response', bytes: Buffer.of(7) });
    },
  };
}

async function refusesConnections({ address }: Harness): Promise<void> {
  const [host = '', port = ''] = address.split(':');
  await until(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(Number(port), host);
        socket.once('connect', () => resolve(socket.destroy() === undefined));
        socket.once('error', () => resolve(true));
      }),
  );
}

describeServers((startServer) => {
  test('without connections a shutdown does not wait for its quiet period', async () => {
    const harness = await startServer();
    const periods = { quietPeriod: minute, drainTimeout: minute };
    expect(await shutDown(harness.readiness, harness.server, periods, never)).toBe('drained');
    await refusesConnections(harness);
  });

  test('in the quiet period checks are answered, on old and new connections, and no GOAWAY is sent', async () => {
    const harness = await startServer();
    const session = connectSession(`http://${harness.address}`);
    const told: string[] = [];
    session.on('goaway', () => told.push('goaway'));
    await new Promise((resolve) => session.once('connect', resolve));
    const first = harness.client();
    await first.call(Buffer.of(7)).reply;

    const hurry = new AbortController();
    const done = shutDown(
      harness.readiness,
      harness.server,
      { quietPeriod: minute, drainTimeout: minute },
      hurry.signal,
    );
    expect(harness.readiness.state()).toBe('draining');
    expect(await first.call(Buffer.of(7)).reply).toMatchObject({ code: 0 });
    const second = harness.client();
    expect(await second.call(Buffer.of(7)).reply).toMatchObject({ code: 0 });
    expect(told).toEqual([]);

    // All connections gone: the quiet period has nobody left to serve.
    first.close();
    second.close();
    session.destroy();
    expect(await done).toBe('drained');
  });

  test('a check in flight ends with its answer before the server is gone', async () => {
    const checks = held();
    const harness = await startServer(checks.handler);
    const pending = harness.client().call(Buffer.of(1));
    await until(() => checks.count() === 1);
    const done = shutDown(harness.readiness, harness.server, { quietPeriod: 0, drainTimeout: minute }, never);
    await refusesConnections(harness);
    checks.release();
    expect(await pending.reply).toEqual({ code: 0, bytes: Buffer.of(7) });
    expect(await done).toBe('drained');
  });

  test('a check that does not end is cut when the drain timeout is over', async () => {
    const checks = held();
    const harness = await startServer(checks.handler);
    const pending = harness.client().call(Buffer.of(1));
    await until(() => checks.count() === 1);
    const periods = { quietPeriod: 0, drainTimeout: 20 };
    expect(await shutDown(harness.readiness, harness.server, periods, never)).toBe('forced');
    expect(await pending.reply).not.toMatchObject({ code: 0 });
    expect(harness.server.connections()).toBe(0);
    checks.release();
  });

  test('a second signal cuts what is left at once, in the quiet period too', async () => {
    const checks = held();
    const harness = await startServer(checks.handler);
    const pending = harness.client().call(Buffer.of(1));
    await until(() => checks.count() === 1);
    const hurry = new AbortController();
    const done = shutDown(
      harness.readiness,
      harness.server,
      { quietPeriod: minute, drainTimeout: minute },
      hurry.signal,
    );
    hurry.abort();
    expect(await done).toBe('forced');
    expect(await pending.reply).not.toMatchObject({ code: 0 });
    checks.release();
  });

  test('a connection that never speaks does not hold up more than the drain timeout', async () => {
    const harness = await startServer();
    const [host = '', port = ''] = harness.address.split(':');
    const silent = connect({ port: Number(port), host, allowHalfOpen: true });
    onTestFinished(() => {
      silent.destroy();
    });
    await until(() => harness.server.connections() === 1);
    const periods = { quietPeriod: 0, drainTimeout: 20 };
    expect(await shutDown(harness.readiness, harness.server, periods, never)).toBe('forced');
    silent.destroy();
  });
});
