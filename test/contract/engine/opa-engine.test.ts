import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOpaEngine } from '../../../src/engine/opa/opa-engine.js';
import { eventually } from '../../support/eventually.js';
import { type OpaServer, startOpa } from '../../support/opa-server.js';
import { buildBundle } from '../../support/policy-bundle.js';
import { temporaryFolder } from '../../support/process.js';
import { ask, codeOf } from './ask.js';
import { contractPolicy } from './contract-policy.js';
import { testEngineContract } from './engine-contract.js';

const bundle = () => buildBundle({ ...contractPolicy, target: 'rego' });

testEngineContract('opa over TCP', async () => {
  const opa = await startOpa({ bundle: await bundle() });
  return { createEngine: () => createOpaEngine({ url: opa.url }), slowSize: 4000, stop: opa.stop };
});

testEngineContract('opa over a Unix socket', async () => {
  const folder = await temporaryFolder();
  const opa = await startOpa({ bundle: await bundle(), socket: join(folder.path, 'opa.sock') });
  const stop = async () => {
    await opa.stop();
    await folder.remove();
  };
  return { createEngine: () => createOpaEngine({ url: opa.url }), slowSize: 4000, stop };
});

const probe = { ready: 100, notReady: 50, timeout: 500 };

describe.each(['TCP', 'a Unix socket'])('OPA that dies and comes back, over %s', (transport) => {
  test('A-70 C-31 fails while OPA is down and answers within 2 s when it is back', async () => {
    const folder = await temporaryFolder();
    const place = transport === 'TCP' ? {} : { socket: join(folder.path, 'opa.sock') };
    const opa = await startOpa({ bundle: await bundle(), ...place });
    const engine = createOpaEngine({ url: opa.url, probe });
    try {
      await eventually(() => expect(engine.ready()).toBe(true));
      // So many at once leave several connections open, each of which the crash makes useless.
      await Promise.all(Array.from({ length: 20 }, () => ask(engine, 'contract/allow', { user: 'alice' })));
      await opa.kill();
      expect(codeOf(await ask(engine, 'contract/allow', { user: 'alice' }))).toBe('engine_unreachable');
      await eventually(() => expect(engine.ready()).toBe(false));
      await opa.restart();
      const patience = { within: 2_000 };
      await eventually(async () => {
        expect(await ask(engine, 'contract/allow', { user: 'alice' })).toMatchObject({ kind: 'result', result: true });
      }, patience);
      await eventually(() => expect(engine.ready()).toBe(true), patience);
    } finally {
      await engine.close();
      await opa.stop();
      await folder.remove();
    }
  });

  test('a restart between two checks fails neither of them', async () => {
    const folder = await temporaryFolder();
    const place = transport === 'TCP' ? {} : { socket: join(folder.path, 'opa.sock') };
    const opa = await startOpa({ bundle: await bundle(), ...place });
    const engine = createOpaEngine({ url: opa.url, probe });
    try {
      expect((await ask(engine, 'contract/allow', { user: 'alice' })).kind).toBe('result');
      await opa.restart();
      expect((await ask(engine, 'contract/allow', { user: 'alice' })).kind).toBe('result');
    } finally {
      await engine.close();
      await opa.stop();
      await folder.remove();
    }
  });
});

describe('readiness', () => {
  test('is reached only when OPA listens and has its bundles', async () => {
    const folder = await temporaryFolder();
    const socket = join(folder.path, 'opa.sock');
    const engine = createOpaEngine({ url: `unix://${socket}`, probe });
    const changes: boolean[] = [];
    engine.onReadyChange((ready) => changes.push(ready));
    expect(codeOf(await ask(engine, 'contract/allow', {}))).toBe('engine_unreachable');
    expect(engine.ready()).toBe(false);
    const opa = await startOpa({ bundle: await bundle(), socket });
    try {
      await eventually(() => expect(changes).toEqual([true]));
    } finally {
      await engine.close();
      await opa.stop();
      await folder.remove();
    }
  });
});

describe('a bearer token', () => {
  let opa: OpaServer;
  let folder: string;
  const policy = `package system.authz
default allow := false
allow if input.identity == "secret-token"
allow if input.path == ["health"]
`;

  beforeAll(async () => {
    const made = await temporaryFolder();
    folder = made.path;
    await mkdir(folder, { recursive: true });
    const authz = await buildBundle({ rego: policy, entrypoints: ['system/authz/allow'], target: 'rego' });
    const args = ['--authentication=token', '--authorization=basic', '--bundle', authz];
    opa = await startOpa({ args });
  });

  afterAll(async () => {
    await opa?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('is asked for with each request', async () => {
    let token = 'old-token';
    const engine = createOpaEngine({ url: opa.url, token: () => token });
    expect(codeOf(await ask(engine, 'system/authz/allow', {}))).toBe('engine_unreachable');
    token = 'secret-token';
    expect((await ask(engine, 'system/authz/allow', {})).kind).toBe('result');
    await engine.close();
  });

  test('C-32 that OPA refuses is engine_unreachable, with the status for the log', async () => {
    const engine = createOpaEngine({ url: opa.url, token: 'wrong-token' });
    const evaluation = await ask(engine, 'system/authz/allow', {});
    expect(codeOf(evaluation)).toBe('engine_unreachable');
    expect(evaluation.kind === 'failed' && evaluation.error.message).toContain('401');
    await engine.close();
  });
});
