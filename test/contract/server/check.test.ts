import { connect } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import type { CheckCall, CheckReply } from '../../../src/check/check-handler.js';
import { checkPath } from '../../../src/envoy/service-names.js';
import { failOnLeaks } from './leaks.js';
import { describeServers } from './start-server.js';
import { until } from './until.js';

failOnLeaks();

/** A handler that answers when its signal is aborted, and remembers the call. */
function untilAborted(calls: CheckCall[]) {
  return (_: Buffer, call: CheckCall) => {
    calls.push(call);
    return new Promise<CheckReply>((resolve) => {
      call.signal.addEventListener('abort', () =>
        resolve({ kind: 'status', status: 'CANCELLED', message: 'cancelled' }),
      );
    });
  };
}

describeServers((startServer) => {
  test('hands the bytes of a check to the handler and its bytes back, malformed ones too', async () => {
    const seen: Buffer[] = [];
    const { client } = await startServer((request) => {
      seen.push(Buffer.from(request));
      return { kind: 'response', bytes: Buffer.from('answer') };
    });

    const garbage = Buffer.from([0xff, 0xff, 0xff, 0xff]);
    expect(await client().call(garbage).reply).toEqual({ code: 0, bytes: Buffer.from('answer') });
    expect(seen).toEqual([garbage]);
  });

  test('a check without any bytes reaches the handler', async () => {
    const { client } = await startServer((request) => ({ kind: 'response', bytes: Buffer.of(request.length + 1) }));
    expect(await client().call(Buffer.alloc(0)).reply).toEqual({ code: 0, bytes: Buffer.of(1) });
  });

  test('answers the gRPC status that the handler chose, as trailers only so that Envoy can retry', async () => {
    const { address } = await startServer(async () => ({
      kind: 'status',
      status: 'UNAVAILABLE',
      message: 'engine unreachable',
    }));
    const session = connect(`http://${address}`);
    onTestFinished(() => session.destroy());
    const request = session.request({ ':method': 'POST', ':path': checkPath, 'content-type': 'application/grpc' });
    const headers = new Promise<object>((resolve) => request.once('response', resolve));
    request.end(Buffer.of(0, 0, 0, 0, 0));
    expect(await headers).toMatchObject({
      'grpc-status': String(status.UNAVAILABLE),
      'grpc-message': 'engine%20unreachable',
    });
    session.destroy();
  });

  test('a handler that throws, rejects, or answers nothing becomes INTERNAL without its own words', async () => {
    const misbehaviours: (() => CheckReply | Promise<CheckReply>)[] = [
      () => {
        throw new Error('secret');
      },
      () => Promise.reject(new Error('secret')),
      () => undefined as never,
      () => Promise.resolve(undefined as never),
      () => ({ kind: 'status', status: 'UNAVAILABLE', message: '\ud800' }),
    ];
    let next = 0;
    const { client, server, events } = await startServer(() => misbehaviours[next++]?.() as CheckReply);
    const caller = client();
    for (const _ of misbehaviours) {
      expect(await caller.call(Buffer.of(1)).reply).toEqual({ code: status.INTERNAL, details: 'internal error' });
    }
    expect(events).toHaveLength(misbehaviours.length);
    expect(server.checksInFlight()).toBe(0);
  });

  test('an empty CheckResponse, which Envoy would read as an allow, is never sent', async () => {
    const { client } = await startServer(() => ({ kind: 'response', bytes: Buffer.alloc(0) }));
    expect(await client().call(Buffer.of(1)).reply).toMatchObject({ code: status.INTERNAL });
  });

  test('what is not served is UNIMPLEMENTED', async () => {
    const { client } = await startServer();
    const caller = client();
    for (const path of [
      '/envoy.service.auth.v2.Authorization/Check',
      '/envoy.service.auth.v3.Authorization/Other',
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    ]) {
      expect(await caller.call(Buffer.of(1), { path }).reply).toMatchObject({ code: status.UNIMPLEMENTED });
    }
  });

  test('a message over the limit is RESOURCE_EXHAUSTED and does not reach the handler', async () => {
    let calls = 0;
    const { client } = await startServer(
      () => {
        calls += 1;
        return { kind: 'response', bytes: Buffer.of(1) };
      },
      { maxMessageSize: 1000 },
    );
    const caller = client();
    expect(await caller.call(Buffer.alloc(1001)).reply).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(calls).toBe(0);
    expect(await caller.call(Buffer.alloc(1000)).reply).toMatchObject({ code: 0 });
  });

  test('one check more than may be in flight is RESOURCE_EXHAUSTED at once; afterwards there is room again', async () => {
    const waiting: ((reply: CheckReply) => void)[] = [];
    const { client, server, events } = await startServer(() => new Promise((resolve) => waiting.push(resolve)), {
      maxConcurrentChecks: 2,
    });
    const caller = client();
    const first = caller.call(Buffer.of(1));
    const second = caller.call(Buffer.of(2));
    await until(() => waiting.length === 2);
    expect(server.checksInFlight()).toBe(2);

    expect(await caller.call(Buffer.of(3)).reply).toEqual({
      code: status.RESOURCE_EXHAUSTED,
      details: 'too many checks in flight',
    });
    expect(events).toEqual(['overloaded']);
    expect(waiting).toHaveLength(2);

    for (const resolve of waiting) resolve({ kind: 'response', bytes: Buffer.of(9) });
    expect(await first.reply).toMatchObject({ code: 0 });
    expect(await second.reply).toMatchObject({ code: 0 });
    const third = caller.call(Buffer.of(3));
    await until(() => waiting.length === 3);
    waiting[2]?.({ kind: 'response', bytes: Buffer.of(9) });
    expect(await third.reply).toMatchObject({ code: 0 });
  });

  test('hundreds of checks at once each get their own answer', async () => {
    const { client } = await startServer(
      async (request) => {
        await new Promise((resolve) => setImmediate(resolve));
        return { kind: 'response', bytes: request };
      },
      { maxConcurrentChecks: 1000 },
    );
    const caller = client();
    const payload = (index: number) => Buffer.from(`check ${index}`);
    const replies = await Promise.all(Array.from({ length: 500 }, (_, index) => caller.call(payload(index)).reply));
    expect(replies).toEqual(replies.map((_, index) => ({ code: 0, bytes: payload(index) })));
  });

  test("the deadline is what the caller's grpc-timeout leaves; without one there is none", async () => {
    const deadlines: number[] = [];
    const { client } = await startServer((_, call) => {
      deadlines.push(call.deadline - performance.now());
      return { kind: 'response', bytes: Buffer.of(1) };
    });
    const caller = client();
    await caller.call(Buffer.of(1), { deadline: Date.now() + 5_000 }).reply;
    await caller.call(Buffer.of(1)).reply;
    expect(deadlines[0]).toBeGreaterThan(0);
    expect(deadlines[0]).toBeLessThanOrEqual(5_001);
    expect(deadlines[1]).toBe(Number.POSITIVE_INFINITY);
  });

  test('the signal is aborted when Envoy cancels the check', async () => {
    const calls: CheckCall[] = [];
    const { client, server } = await startServer(untilAborted(calls));
    const pending = client().call(Buffer.of(1));
    await until(() => calls.length === 1);
    expect(calls[0]?.signal.aborted).toBe(false);
    pending.cancel();
    await until(() => calls[0]?.signal.aborted);
    await until(() => server.checksInFlight() === 0);
  });

  test('the signal is aborted when the connection is lost', async () => {
    const calls: CheckCall[] = [];
    const { server, address } = await startServer(untilAborted(calls));
    const session = connect(`http://${address}`);
    session.on('error', () => {});
    const request = session.request({ ':method': 'POST', ':path': checkPath, 'content-type': 'application/grpc' });
    request.on('error', () => {});
    request.end(Buffer.of(0, 0, 0, 0, 0));
    await until(() => calls.length === 1);
    session.destroy();
    await until(() => calls[0]?.signal.aborted);
    await until(() => server.checksInFlight() === 0);
  });

  test('a check that passes its deadline is DEADLINE_EXCEEDED and its signal aborted', async () => {
    const calls: CheckCall[] = [];
    const { address } = await startServer(untilAborted(calls));
    const session = connect(`http://${address}`);
    onTestFinished(() => session.destroy());
    const request = session.request({
      ':method': 'POST',
      ':path': checkPath,
      'content-type': 'application/grpc',
      'grpc-timeout': '30m',
    });
    const headers = new Promise<object>((resolve) => request.once('response', resolve));
    request.end(Buffer.of(0, 0, 0, 0, 0));
    expect(await headers).toMatchObject({ 'grpc-status': String(status.DEADLINE_EXCEEDED) });
    await until(() => calls[0]?.signal.aborted);
    session.destroy();
  });

  test('the signal of an answered check stays silent', async () => {
    const calls: CheckCall[] = [];
    const { client } = await startServer((_, call) => {
      calls.push(call);
      return { kind: 'response', bytes: Buffer.of(1) };
    });
    const caller = client();
    await caller.call(Buffer.of(1)).reply;
    await caller.call(Buffer.of(2)).reply;
    expect(calls.map((call) => call.signal.aborted)).toEqual([false, false]);
  });
});
