import { createHash, generateKeyPairSync } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { eventually } from '../../support/eventually.js';
import { buildBundle } from '../../support/policy-bundle.js';
import { type ConfigFile, type PortcullisServer, runPortcullis } from '../../support/portcullis-server.js';
import { freeAddress } from '../../support/ports.js';
import { client, httpCheck, outcome, readUser, writeUser } from './check-call.js';
import { heldEngine, patient, startHeldOpa } from './held-opa.js';
import { accepts, attemptToServe, configFile, folder, serve, startServe } from './serve.js';

const count = 2;
const patience = { within: 30_000 };
// Three processes start in each test.
vi.setConfig({ testTimeout: 90_000 });

interface WorkerView {
  readonly worker: number;
  readonly pid: number;
  readonly grpc: string;
  readonly restarts: number;
  readonly state: string;
  readonly revision?: string;
  readonly config_hash?: string;
}

interface StatusPage {
  readonly ready: boolean;
  readonly config_hash: string;
  readonly workers: readonly WorkerView[];
}

async function serveWorkers(config: ConfigFile = {}) {
  const place = await folder();
  const sockets = [0, 1].map((worker) => `unix://${join(place, `check-${worker}.sock`)}`);
  const grpcAddress = `unix://${join(place, 'check-{worker}.sock')}`;
  const portcullis = await serve({ grpcAddress, config: { ...config, workers: { count } } });
  return { portcullis, sockets: sockets as [string, string] };
}

async function status(portcullis: PortcullisServer): Promise<StatusPage> {
  return (await fetch(`${portcullis.adminUrl}/status`)).json() as Promise<StatusPage>;
}

async function workers(portcullis: PortcullisServer): Promise<[WorkerView, WorkerView]> {
  const page = await status(portcullis);
  return page.workers as unknown as [WorkerView, WorkerView];
}

const ready = async (portcullis: PortcullisServer) => (await fetch(`${portcullis.adminUrl}/readyz`)).status;

function whenRestarted(portcullis: PortcullisServer, worker: number): Promise<WorkerView> {
  return eventually(async () => {
    const view = (await workers(portcullis))[worker] as WorkerView;
    expect(view).toMatchObject({ restarts: 1, state: 'ready' });
    return view;
  }, patience);
}

test('each worker answers at an address of its own, and one admin port answers for all', async () => {
  const { portcullis, sockets } = await serveWorkers();
  const [zero, one] = sockets.map((socket) => client(socket)) as [ReturnType<typeof client>, ReturnType<typeof client>];
  expect(await outcome(zero, readUser)).toBe('allow');
  expect([await outcome(one, readUser), await outcome(one, writeUser)]).toEqual(['allow', 'deny Forbidden']);
  expect([await zero.health(), await one.health()]).toEqual(['SERVING', 'SERVING']);

  const page = await status(portcullis);
  expect(page.ready).toBe(true);
  expect(page.workers.map(({ grpc, restarts, state, worker }) => ({ grpc, restarts, state, worker }))).toEqual(
    sockets.map((grpc, worker) => ({ grpc, restarts: 0, state: 'ready', worker })),
  );
  expect(new Set(page.workers.map(({ pid }) => pid)).size).toBe(2);
  expect(page.workers.map(({ config_hash }) => config_hash)).toEqual([page.config_hash, page.config_hash]);

  const metrics = await portcullis.metrics();
  expect(metrics).toContain('portcullis_checks_total{outcome="allow",reason="policy",worker="0"} 1');
  expect(metrics).toContain('portcullis_checks_total{outcome="allow",reason="policy",worker="1"} 1');
  expect(metrics).toContain('portcullis_checks_total{outcome="deny",reason="policy",worker="1"} 1');
  expect(metrics.match(/^# TYPE portcullis_checks_total /gm)).toHaveLength(1);
  expect(metrics).toContain('portcullis_worker_up{worker="0"} 1');
  expect(await runPortcullis(['health', '--config', portcullis.configFile])).toMatchObject({ code: 0 });
});

test('over TCP, the workers have the configured port and the next', async () => {
  const { child, grpcAddress } = await serve({ config: { workers: { count } } });
  expect(child.isRunning()).toBe(true);
  const [host, port] = grpcAddress.split(':');
  for (const address of [grpcAddress, `${host}:${Number(port) + 1}`]) {
    expect(await outcome(client(address), readUser)).toBe('allow');
  }
});

describe('a worker that', () => {
  test('is killed under traffic leaves the other answering, ready, and is replaced', async () => {
    const { portcullis, sockets } = await serveWorkers();
    const [victim] = await workers(portcullis);
    const other = client(sockets[1]);
    const answers: string[] = [];
    let over = false;
    const traffic = (async () => {
      while (!over) answers.push(await outcome(other, readUser), String(await ready(portcullis)));
    })();
    process.kill(victim.pid, 'SIGKILL');
    const replaced = await whenRestarted(portcullis, 0);
    over = true;
    await traffic;
    expect(replaced.pid).not.toBe(victim.pid);
    expect(new Set(answers)).toEqual(new Set(['allow', '200']));
    expect(await outcome(client(sockets[0]), readUser)).toBe('allow');
    expect(await portcullis.metrics()).toContain('portcullis_worker_restarts_total{worker="0"} 1');
    expect(portcullis.logs()).toContainEqual(expect.objectContaining({ worker: 0, signal: 'SIGKILL' }));
  });

  test('stands still is replaced', async () => {
    const { portcullis, sockets } = await serveWorkers();
    const [victim] = await workers(portcullis);
    process.kill(victim.pid, 'SIGSTOP');
    await eventually(
      async () => expect((await workers(portcullis))[0]).toMatchObject({ restarts: 1, state: 'ready' }),
      {
        within: 50_000,
      },
    );
    expect(await outcome(client(sockets[0]), readUser)).toBe('allow');
  });

  test('is asked to end by itself drains, and is replaced', async () => {
    const { portcullis } = await serveWorkers();
    const [, asked] = await workers(portcullis);
    process.kill(asked.pid, 'SIGTERM');
    await whenRestarted(portcullis, 1);
    expect(portcullis.logs()).toContainEqual(expect.objectContaining({ worker: 1, code: 0 }));
  });
});

describe('the tokens of the workers', () => {
  const newKey = () => generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  const credential = 'a-token-of-twenty-characters';
  const sha256 = createHash('sha256').update(credential).digest('hex');
  const asAlice = httpCheck({
    method: 'GET',
    path: '/v1/admin/users/t',
    headers: { authorization: `Bearer ${credential}` },
  });
  const tokenFrom = async (socket: string): Promise<string> => {
    const { ok_response: allowed } = await client(socket).check(asAlice);
    const { headers = [] } = allowed as { headers?: { header: { key: string; value: string } }[] };
    return headers.find(({ header }) => header.key === 'x-identity-token')?.header.value ?? '';
  };

  test('verify by the key set of the one admin port, also when a file of keys has changed since one of them began', async () => {
    const place = await folder();
    const [file, tokens] = [join(place, 'key.pem'), join(place, 'tokens.yaml')];
    await writeFile(file, newKey());
    await writeFile(tokens, stringify({ tokens: [{ sha256, subject: 'alice' }] }));
    const token = { audience: ['backend'], keys: [{ file }] };
    const identity = { sources: [{ kind: 'token-file', file: tokens }], forward: { token } };
    const { portcullis, sockets } = await serveWorkers({ identity });

    // Nobody has told Portcullis of it; whoever starts anew signs with it.
    await writeFile(file, newKey());
    process.kill((await workers(portcullis))[0].pid, 'SIGKILL');
    await whenRestarted(portcullis, 0);
    const keySet = createRemoteJWKSet(new URL('/.well-known/jwks.json', portcullis.adminUrl));
    const signed = await Promise.all(sockets.map(tokenFrom));
    expect(new Set(signed.map((jwt) => decodeProtectedHeader(jwt).kid)).size).toBe(2);
    for (const jwt of signed) {
      const { payload } = await jwtVerify(jwt, keySet, { audience: 'backend' });
      expect(payload.sub).toBe('alice');
    }
  });
});

describe('SIGTERM', () => {
  test('drains all: checks in flight end with their answer, then it ends with 0', async () => {
    const opa = await startHeldOpa();
    const { portcullis, sockets } = await serveWorkers({
      engine: heldEngine(opa),
      shutdown: { quiet_period: '0ms', drain_timeout: '10m' },
    });
    const pending = sockets.map((socket) => outcome(client(socket), readUser, patient));
    await eventually(() => expect(opa.asked()).toBe(2));
    portcullis.signal('SIGTERM');
    await eventually(async () => {
      expect(
        await Promise.all(sockets.map((socket) => stat(socket.slice('unix://'.length)).catch(() => 'gone'))),
      ).toEqual(['gone', 'gone']);
    });
    expect(await ready(portcullis)).toBe(503);
    expect(portcullis.child.isRunning()).toBe(true);
    opa.release();
    expect(await Promise.all(pending)).toEqual(['allow', 'allow']);
    expect(await portcullis.child.exited).toEqual({ code: 0, signal: null });
  });

  test('before all serve ends the start, and that is no failure', async () => {
    const address = `unix://${join(await folder(), 'check-{worker}.sock')}`;
    const admin = await freeAddress();
    const file = await configFile({ workers: { count }, grpc: { address }, admin: { address: admin } });
    const child = startServe(['--config', file]);
    onTestFinished(async () => void (await child.kill()));
    await eventually(async () => expect((await fetch(`http://${admin}/readyz`)).status).toBe(503), patience);
    child.signal('SIGTERM');
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.stderr.join('\n')).not.toContain('fatal');
  });

  test('a second time cuts what is left, and nothing is allowed by that', async () => {
    const opa = await startHeldOpa();
    const { portcullis, sockets } = await serveWorkers({
      engine: heldEngine(opa),
      shutdown: { quiet_period: '10m', drain_timeout: '10m' },
    });
    const [zero, one] = [client(sockets[0]), client(sockets[1])];
    const pending = [outcome(zero, readUser, patient), outcome(one, readUser, patient)];
    await eventually(() => expect(opa.asked()).toBe(2));
    portcullis.signal('SIGTERM');
    await eventually(async () =>
      expect([await zero.health(), await one.health()]).toEqual(Array(2).fill('NOT_SERVING')),
    );
    portcullis.signal('SIGTERM');
    expect(await portcullis.child.exited).toEqual({ code: 1, signal: null });
    for (const answer of await Promise.all(pending)) expect(answer).toMatch(/^grpc \d+$/);
  });
});

test('workers do not outlive a supervisor that was killed', async () => {
  const { portcullis, sockets } = await serveWorkers();
  const pids = (await workers(portcullis)).map(({ pid }) => pid);
  portcullis.signal('SIGKILL');
  await portcullis.child.exited;
  await eventually(() => {
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
  }, patience);
  for (const socket of sockets)
    await expect(stat(socket.slice('unix://'.length))).rejects.toMatchObject({ code: 'ENOENT' });
});

describe('SIGHUP', () => {
  const entrypoints = ['envoy/authz/allow'];
  const rule = (path: string) => `package envoy.authz\n\nallow if input.parsed_path == ["${path}"]\n`;
  const policy = async (path: string) => {
    const bundle = await buildBundle({ rego: rule(path), entrypoints, revision: path });
    return { engine: { wasm: { bundle } } };
  };
  const get = (path: string) => httpCheck({ method: 'GET', path: `/${path}` });
  const reloads = async (portcullis: PortcullisServer, result: string) =>
    new RegExp(`^portcullis_config_reloads_total\\{result="${result}",worker="supervisor"\\} (\\d+)$`, 'm').exec(
      await portcullis.metrics(),
    )?.[1];
  const allowed = (sockets: readonly string[], path: string) =>
    Promise.all(sockets.map((socket) => outcome(client(socket), get(path))));
  const writeWorkers = (portcullis: PortcullisServer, config: ConfigFile) =>
    portcullis.writeConfig({ ...config, workers: { count } });

  test('reaches all workers, also those that are started later', async () => {
    const { portcullis, sockets } = await serveWorkers(await policy('one'));
    expect(await allowed(sockets, 'one')).toEqual(['allow', 'allow']);
    await writeWorkers(portcullis, await policy('two'));
    portcullis.signal('SIGHUP');
    await eventually(async () => expect(await reloads(portcullis, 'applied')).toBe('1'), patience);
    expect(await allowed(sockets, 'two')).toEqual(['allow', 'allow']);
    expect((await workers(portcullis)).map(({ revision }) => revision)).toEqual(['two', 'two']);

    process.kill((await workers(portcullis))[0].pid, 'SIGKILL');
    await whenRestarted(portcullis, 0);
    expect(await allowed(sockets, 'two')).toEqual(['allow', 'allow']);
  });

  test.each([
    ['a key that is unknown', { grcp: {} }],
    ['a bundle that is not there', { engine: { wasm: { bundle: '/nowhere/bundle.tar.gz' } } }],
  ])('with %s leaves all on the old configuration, also those that are started later', async (_, bad) => {
    const { portcullis, sockets } = await serveWorkers(await policy('one'));
    await writeWorkers(portcullis, bad);
    portcullis.signal('SIGHUP');
    await eventually(async () => expect(await reloads(portcullis, 'refused')).toBe('1'), patience);
    expect(await reloads(portcullis, 'applied')).toBe('0');
    expect(await allowed(sockets, 'one')).toEqual(['allow', 'allow']);

    process.kill((await workers(portcullis))[1].pid, 'SIGKILL');
    await whenRestarted(portcullis, 1);
    expect(await allowed(sockets, 'one')).toEqual(['allow', 'allow']);
  });
});

describe('does not start', () => {
  test('with a configuration that is wrong: 2, before anything is forked', async () => {
    const attempt = await attemptToServe({ workers: { count }, grpc: { address: 'unix:///run/check.sock' } });
    expect(attempt).toMatchObject({ code: 2, stdout: '' });
    expect(attempt.stderr).toContain('{worker}');
    expect(attempt.stderr.split('\n').filter((line) => line.startsWith('{'))).toEqual([]);
  });

  test('without its bundle: 1, told once, and nothing is left running', async () => {
    const address = `unix://${join(await folder(), 'check-{worker}.sock')}`;
    const attempt = await attemptToServe({
      workers: { count },
      grpc: { address },
      admin: { address: await freeAddress() },
      engine: { wasm: { bundle: '/nowhere/bundle.tar.gz' } },
    });
    expect(attempt.code).toBe(1);
    expect(attempt.stderr.match(/^portcullis: bundle_missing: /gm)).toHaveLength(1);
  });

  test('where one of the addresses is taken: 1', async () => {
    const taken = await serve();
    const [host, port] = taken.grpcAddress.split(':');
    const first = `${host}:${Number(port) - 1}`;
    const attempt = await attemptToServe(
      { workers: { count }, grpc: { address: first }, admin: { address: await freeAddress() } },
      [],
    );
    expect(attempt.code).toBe(1);
    expect(attempt.stderr).toMatch(/^portcullis: address_in_use: /m);
    expect(await accepts(first)).toBe(false);
  });
});

test('health is 1 where none of the workers serves', async () => {
  const file = await configFile({ workers: { count }, admin: { address: '127.0.0.1:2' } });
  expect(await runPortcullis(['health', '--config', file])).toMatchObject({ code: 1 });
});
