import { describe, expect, test } from 'vitest';
import { printLogsOnFailure } from '../../support/process.js';
import { allowed, bytesThenOk, framed, grpcStatus, httpStatus, message, silence } from './support/check-answers.js';
import { asking, misbehaving, portcullisAsking, stalledOpa, startFront, waitLong } from './support/front.js';

printLogsOnFailure();

const attemptsAtMost = 3;

test('E3 each gRPC status from 1 to 16 is 503 and one error; only UNAVAILABLE is asked for again', async () => {
  const server = await misbehaving(silence);
  const front = await startFront(server.address);
  for (let code = 1; code <= 16; code += 1) {
    server.answer(grpcStatus(code));
    const before = server.checks();
    expect((await front.send(`/status/${code}`)).status, `status ${code}`).toBe(503);
    expect(await front.count('ext_authz.gateway.error')).toBe(code);
    expect(server.checks() - before, `status ${code}`).toBe(code === 14 ? attemptsAtMost : 1);
    await expect
      .poll(() => front.logged(`/status/${code}`))
      .toMatchObject({ flags: 'UAEX', details: 'ext_authz_error', upstream: null });
  }
  expect(await front.count('ext_authz.gateway.ok')).toBe(0);
  expect(await front.count('ext_authz.gateway.denied')).toBe(0);
});

test.each([
  ['HTTP 404', httpStatus(404)],
  ['HTTP 500', httpStatus(500)],
  ['the status OK without a message', grpcStatus(0)],
  ['the status OK and an empty body', bytesThenOk(Buffer.alloc(0))],
  ['a frame header cut short', bytesThenOk(Buffer.from([0, 0]))],
  ['a frame that promises more bytes than come', bytesThenOk(Buffer.from([0, 0, 0, 0, 9, 1]))],
  ['a frame with an unknown flag', bytesThenOk(framed(allowed, 7))],
  ['a compressed frame that nobody asked for', bytesThenOk(framed(allowed, 1))],
  ['bytes that are no message', message(Buffer.from('this is no protobuf'))],
  ['a field that is cut short', message(Buffer.from([0x0a, 0x7f, 0x08]))],
  ['a group that never ends', message(Buffer.from([0x0b, 0x0b]))],
])('E4 %s is 503 and an error', async (_name, answer) => {
  const server = await misbehaving(answer);
  const front = await startFront(server.address);
  expect((await front.send('/cars')).status).toBe(503);
  await expect.poll(() => front.logged('/cars')).toMatchObject({ flags: 'UAEX', details: 'ext_authz_error' });
  expect(await front.count('ext_authz.gateway.error')).toBe(1);
  server.answer(message(allowed));
  expect((await front.send('/cars')).status).toBe(200);
});

describe('E6 Portcullis has as many checks as it takes', () => {
  test('E6 one more is refused with RESOURCE_EXHAUSTED at once: 503; afterwards requests pass', async () => {
    const opa = await stalledOpa();
    const server = await portcullisAsking(opa, { max_concurrent_checks: 1 });
    const front = await startFront(server.grpcAddress, {
      change: (gateway) => waitLong(asking(gateway).grpcService),
    });
    const first = front.send('/first');
    await expect.poll(() => opa.asked()).toBe(1);
    expect((await front.send('/second')).status).toBe(503);
    expect(opa.asked()).toBe(1);
    expect(await server.metrics()).toMatch(
      /^portcullis_checks_total\{outcome="error",reason="engine_overloaded"\} 1$/m,
    );
    opa.release();
    expect((await first).status).toBe(200);
    const third = front.send('/third');
    await expect.poll(() => opa.asked()).toBe(2);
    opa.release();
    expect((await third).status).toBe(200);
  });

  test.each([
    ['off, as shipped', undefined, 1],
    ['on', 'resource-exhausted', attemptsAtMost],
  ])('E6 retry_on for it %s: each request costs a bounded number of attempts', async (_name, condition, attempts) => {
    const server = await misbehaving(grpcStatus(8));
    const front = await startFront(server.address, {
      change: (gateway) => {
        const policy = asking(gateway).grpcService['retry_policy'] as { retry_on: string };
        if (condition !== undefined) policy.retry_on += `,${condition}`;
      },
    });
    for (let request = 1; request <= 3; request += 1) {
      expect((await front.send('/cars')).status).toBe(503);
      expect(server.checks()).toBe(request * attempts);
    }
  });
});

test('E10 the circuit breaker is full: 503 without asking, counted as overflow', async () => {
  const opa = await stalledOpa();
  const server = await portcullisAsking(opa);
  const front = await startFront(server.grpcAddress, {
    change: (gateway) => {
      const { grpcService, cluster } = asking(gateway);
      waitLong(grpcService);
      cluster.circuit_breakers = { thresholds: [{ max_requests: 1, track_remaining: true }] };
    },
  });
  const first = front.send('/first');
  await expect.poll(() => opa.asked()).toBe(1);
  const load = Array.from({ length: 10 }, () => front.send('/more'));
  expect(new Set((await Promise.all(load)).map(({ status }) => status))).toEqual(new Set([503]));
  expect(opa.asked()).toBe(1);
  const overflow =
    (await front.count('upstream_rq_active_overflow')) + (await front.count('upstream_rq_pending_overflow'));
  expect(overflow).toBeGreaterThanOrEqual(10);
  expect(await front.count('ext_authz.gateway.error')).toBe(10);
  opa.release();
  expect((await first).status).toBe(200);
});

describe('E12 the back-off of retries', () => {
  /** How many attempts ten requests make, sent one after the other, when each attempt is UNAVAILABLE at once. */
  async function attempts(backOff: object | undefined): Promise<number> {
    const server = await misbehaving(grpcStatus(14));
    const front = await startFront(server.address, {
      change: (gateway) => {
        const policy = asking(gateway).grpcService['retry_policy'] as Record<string, unknown>;
        if (backOff === undefined) delete policy['retry_back_off'];
        else policy['retry_back_off'] = backOff;
      },
    });
    for (let request = 0; request < 10; request += 1) expect((await front.send('/cars')).status).toBe(503);
    return server.checks();
  }

  test('E12 unset, it is a second, and most retries come too late to be sent; from 5 ms on they are sent', async () => {
    const unset = await attempts(undefined);
    const short = await attempts({ base_interval: '0.005s', max_interval: '0.25s' });
    expect(unset).toBeLessThan(10 * attemptsAtMost);
    expect(short).toBeGreaterThan(unset);
  });

  test('E12 max_interval is also the timeout of each attempt: shorter than the decision, no decision is ever made', async () => {
    const server = await misbehaving(silence);
    const front = await startFront(server.address, {
      change: (gateway) => {
        const { grpcService } = asking(gateway);
        waitLong(grpcService);
        const policy = grpcService['retry_policy'] as { retry_back_off: object };
        policy.retry_back_off = { base_interval: '0.005s', max_interval: '0.02s' };
      },
    });
    expect((await front.send('/cars')).status).toBe(503);
    expect(await front.count('upstream_rq_per_try_timeout')).toBe(attemptsAtMost);
    await expect.poll(() => server.cancelled()).toBe(attemptsAtMost);
  });
});
