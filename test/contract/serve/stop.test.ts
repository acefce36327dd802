import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { connectGrpc } from '../../support/grpc-client.js';
import { client, outcome, readUser } from './check-call.js';
import { heldEngine, patient, startHeldOpa } from './held-opa.js';
import { accepts, folder, serve } from './serve.js';

const service = 'envoy.service.auth.v3.Authorization';

test('SIGTERM: health says NOT_SERVING, checks are answered in the quiet period, and it ends with 0 when it is over', async () => {
  const portcullis = await serve({ config: { shutdown: { quiet_period: '10m', drain_timeout: '10m' } } });
  const grpc = connectGrpc(portcullis.grpcAddress);
  const told: unknown[] = [];
  const watching = (async () => {
    for await (const status of grpc.watchHealth(service)) {
      told.push(status);
      if (status === 'NOT_SERVING') return;
    }
  })();
  await eventually(() => expect(told).toEqual(['SERVING']));

  portcullis.signal('SIGTERM');
  await watching;
  expect(told).toEqual(['SERVING', 'NOT_SERVING']);
  expect(await grpc.health()).toBe('NOT_SERVING');
  const readyz = await fetch(`${portcullis.adminUrl}/readyz`);
  expect([readyz.status, await readyz.text()]).toEqual([503, 'draining\n']);
  expect(await portcullis.metrics()).toMatch(/^portcullis_ready 0$/m);
  expect(await outcome(grpc, readUser)).toBe('allow');
  const late = connectGrpc(portcullis.grpcAddress);
  expect(await outcome(late, readUser)).toBe('allow');
  expect(portcullis.child.isRunning()).toBe(true);

  // Nobody is left to be quiet for.
  grpc.close();
  late.close();
  expect(await portcullis.child.exited).toEqual({ code: 0, signal: null });
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s: it ends with 0 as soon as nobody is connected', async (signal) => {
  const portcullis = await serve({ config: { shutdown: { quiet_period: '10m' } } });
  const grpc = connectGrpc(portcullis.grpcAddress);
  expect(await outcome(grpc, readUser)).toBe('allow');
  portcullis.signal(signal);
  grpc.close();
  expect(await portcullis.child.exited).toEqual({ code: 0, signal: null });
  expect(portcullis.logs().at(-1)).toMatchObject({ msg: 'stopped', end: 'drained' });
  expect(await accepts(portcullis.grpcAddress)).toBe(false);
});

describe('a check in flight', () => {
  test('ends with its answer before the process does', async () => {
    const opa = await startHeldOpa();
    const portcullis = await serve({
      config: { engine: heldEngine(opa), shutdown: { quiet_period: '0ms', drain_timeout: '10m' } },
    });
    const pending = outcome(client(portcullis.grpcAddress), readUser, patient);
    await eventually(() => expect(opa.asked()).toBe(1));
    portcullis.signal('SIGTERM');
    await eventually(async () => expect(await accepts(portcullis.grpcAddress)).toBe(false));
    expect(portcullis.child.isRunning()).toBe(true);
    opa.release();
    expect(await pending).toBe('allow');
    expect(await portcullis.child.exited).toEqual({ code: 0, signal: null });
  });

  test('is cut by a second signal, and never allowed by that', async () => {
    const opa = await startHeldOpa();
    const portcullis = await serve({
      config: { engine: heldEngine(opa), shutdown: { quiet_period: '10m', drain_timeout: '10m' } },
    });
    const grpc = client(portcullis.grpcAddress);
    const pending = outcome(grpc, readUser, patient);
    await eventually(() => expect(opa.asked()).toBe(1));
    portcullis.signal('SIGTERM');
    await eventually(async () => expect(await grpc.health()).toBe('NOT_SERVING'));
    expect(portcullis.child.isRunning()).toBe(true);
    portcullis.signal('SIGTERM');
    expect(await portcullis.child.exited).toEqual({ code: 1, signal: null });
    expect(await pending).toMatch(/^grpc \d+$/);
    expect(portcullis.logs().at(-1)).toMatchObject({ msg: 'stopped', end: 'forced' });
  });
});

test('a Unix socket is gone after the end', async () => {
  const path = join(await folder(), 'check.sock');
  const portcullis = await serve({ grpcAddress: `unix://${path}` });
  expect(await outcome(client(portcullis.grpcAddress), readUser)).toBe('allow');
  expect((await stat(path)).isSocket()).toBe(true);
  portcullis.signal('SIGTERM');
  expect((await portcullis.child.exited).code).toBe(0);
  await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
});
