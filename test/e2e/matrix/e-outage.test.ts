import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startPortcullis } from '../../support/portcullis-server.js';
import { freeAddress } from '../../support/ports.js';
import { printLogsOnFailure } from '../../support/process.js';
import { startForwarder } from './support/forwarder.js';
import { asking, portcullis, portcullisAsking, stalledOpa, startFront, waitLong } from './support/front.js';

printLogsOnFailure();

const inFlight = async (server: { metrics(): Promise<string> }) =>
  Number(/^portcullis_checks_in_flight (\d+)/m.exec(await server.metrics())?.[1]);

test('E1 Portcullis is down when Envoy starts: 503; as soon as it is up, requests pass, without a restart', async () => {
  const address = await freeAddress();
  const front = await startFront(address);
  expect((await front.send('/cars')).status).toBe(503);
  expect(await front.count('ext_authz.gateway.error')).toBe(1);
  await portcullis({ grpcAddress: address });
  await expect.poll(async () => (await front.send('/cars')).status, { timeout: 10_000 }).toBe(200);
});

test('E2 a policy slower than the timeout: 503, and the evaluation is given up', async () => {
  const opa = await stalledOpa();
  const server = await portcullisAsking(opa);
  const front = await startFront(server.grpcAddress);
  expect((await front.send('/cars')).status).toBe(503);
  await expect.poll(() => front.logged('/cars')).toMatchObject({ status: 503, details: 'ext_authz_error' });
  expect(await front.count('ext_authz.gateway.error')).toBe(1);
  expect(await front.count('upstream_rq_timeout')).toBe(1);
  expect(opa.asked()).toBe(1);
  await expect.poll(() => opa.abandoned()).toBe(1);
  await expect.poll(() => inFlight(server)).toBe(0);
});

describe('E5 killed with SIGKILL in the middle of a check, with a second host', () => {
  /** The host whose OPA is silent holds its check until it is killed; the other one answers at once. */
  async function killMidCall(retry: boolean): Promise<number[]> {
    const opa = await stalledOpa();
    const dying = await startPortcullis({ config: { engine: { kind: 'opa', opa: { url: opa.url }, timeout: '60s' } } });
    const living = await portcullis({});
    const front = await startFront([dying.grpcAddress, living.grpcAddress], {
      change: (gateway) => {
        const { grpcService, cluster } = asking(gateway);
        waitLong(grpcService);
        if (!retry) delete grpcService['retry_policy'];
        delete cluster.health_checks;
      },
    });
    const answers = [front.send('/cars'), front.send('/cars')];
    await expect.poll(() => opa.asked()).toBe(1);
    await dying.kill();
    return (await Promise.all(answers)).map(({ status }) => status).sort();
  }

  test('E5 the retry asks the other host: no client notices', async () => {
    expect(await killMidCall(true)).toEqual([200, 200]);
  });

  test('E5 without a retry the check in flight is lost: 503', async () => {
    expect(await killMidCall(false)).toEqual([200, 503]);
  });
});

test('E11 the client goes away: Portcullis gives the evaluation up, and nothing is left of it', async () => {
  const opa = await stalledOpa();
  const server = await portcullisAsking(opa);
  const front = await startFront(server.grpcAddress, {
    change: (gateway) => {
      waitLong(asking(gateway).grpcService);
    },
  });
  const { hostname, port } = new URL(front.url);
  const clients = Array.from({ length: 20 }, () => {
    const client = connect(Number(port), hostname);
    client.write('GET /cars HTTP/1.1\r\nhost: cars.example\r\n\r\n');
    return client;
  });
  await expect.poll(() => opa.asked()).toBe(20);
  expect(await inFlight(server)).toBe(20);
  for (const client of clients) client.destroy();
  await expect.poll(() => opa.abandoned()).toBe(20);
  await expect.poll(() => inFlight(server)).toBe(0);
  await expect.poll(() => front.count('upstream_rq_active')).toBe(0);
  await expect.poll(() => server.decisionLog().filter(({ reason }) => reason === 'cancelled')).toHaveLength(20);
});

describe('E13 a connection that is open and dead', () => {
  const keepalive = { interval: '0.2s', timeout: '0.2s' };

  async function behindForwarder(options: object | undefined) {
    const server = await portcullis({});
    const forwarder = await startForwarder(server.grpcAddress);
    const front = await startFront(forwarder.address, {
      change: (gateway) => {
        const { cluster } = asking(gateway);
        delete cluster.health_checks;
        const [protocol] = Object.values<{ explicit_http_config: object }>(cluster.typed_extension_protocol_options);
        if (protocol !== undefined) protocol.explicit_http_config = { http2_protocol_options: options ?? {} };
      },
    });
    expect((await front.send('/cars')).status).toBe(200);
    forwarder.freeze();
    return front;
  }

  test('E13 keepalive finds it: requests pass again over a new connection', async () => {
    const front = await behindForwarder({ connection_keepalive: keepalive });
    await expect.poll(async () => (await front.send('/cars')).status, { timeout: 10_000 }).toBe(200);
    expect(await front.count('http2.keepalive_timeout')).toBeGreaterThan(0);
  });

  test('E13 without keepalive Envoy goes on asking into the void', async () => {
    const front = await behindForwarder(undefined);
    for (let attempt = 0; attempt < 4; attempt += 1) expect((await front.send('/cars')).status).toBe(503);
    expect(await front.count('upstream_cx_destroy')).toBe(0);
  });
});
