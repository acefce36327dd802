import { createHash } from 'node:crypto';
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { eventually } from '../../support/eventually.js';
import { buildBundle } from '../../support/policy-bundle.js';
import type { ConfigFile, PortcullisServer } from '../../support/portcullis-server.js';
import { client, httpCheck, outcome, readUser, writeUser } from './check-call.js';
import { folder, serve } from './serve.js';

const entrypoints = ['envoy/authz/allow'];
const rule = (path: string) => `package envoy.authz\n\nallow if input.parsed_path == ["${path}"]\n`;
const get = (path: string) => httpCheck({ method: 'GET', path });

type Result = 'applied' | 'refused';

async function reloads(portcullis: PortcullisServer, result: Result): Promise<number> {
  const line = new RegExp(`^portcullis_config_reloads_total\\{result="${result}"\\} (\\d+)$`, 'm');
  return Number(line.exec(await portcullis.metrics())?.[1]);
}

/** Writes the file, sends SIGHUP, and waits until it has been applied or refused, as expected. */
async function reload(portcullis: PortcullisServer, config: ConfigFile | string, expected: Result): Promise<void> {
  const other = expected === 'applied' ? 'refused' : 'applied';
  const before = { expected: await reloads(portcullis, expected), other: await reloads(portcullis, other) };
  if (typeof config === 'string') await writeFile(portcullis.configFile, config);
  else await portcullis.writeConfig(config);
  portcullis.signal('SIGHUP');
  await eventually(async () => expect(await reloads(portcullis, expected)).toBe(before.expected + 1));
  expect(await reloads(portcullis, other)).toBe(before.other);
}

const lastLog = (portcullis: PortcullisServer, message: RegExp) =>
  portcullis.logs().findLast(({ msg }) => message.test(String(msg)));

describe('SIGHUP puts into force', () => {
  test('A-71 decision.undefined', async () => {
    const engine = { wasm: { bundle: await buildBundle({ rego: rule('one'), entrypoints }) } };
    const portcullis = await serve({ config: { engine } });
    const grpc = client(portcullis.grpcAddress);
    expect(await outcome(grpc, get('/two'))).toBe('deny Forbidden');
    await reload(portcullis, { engine, decision: { undefined: 'error' } }, 'applied');
    expect(await outcome(grpc, get('/two'))).toBe('grpc 2');
    expect(lastLog(portcullis, /read again/)).toMatchObject({ changed: ['decision.undefined'] });
    expect(lastLog(portcullis, /unsafe/)).toMatchObject({ setting: expect.stringContaining('decision.undefined') });
  });

  test('a new policy, under the same name or another, and its revision', async () => {
    const bundle = join(await folder(), 'bundle.tar.gz');
    const engine = { wasm: { bundle } };
    await copyFile(await buildBundle({ rego: rule('one'), entrypoints, revision: 'first' }), bundle);
    const portcullis = await serve({ config: { engine } });
    const grpc = client(portcullis.grpcAddress);
    const status = async () => (await fetch(`${portcullis.adminUrl}/status`)).json();
    expect(await status()).toMatchObject({ revision: 'first' });
    expect(await outcome(grpc, get('/one'))).toBe('allow');

    await copyFile(await buildBundle({ rego: rule('two'), entrypoints, revision: 'second' }), bundle);
    await reload(portcullis, { engine }, 'applied');
    expect(await outcome(grpc, get('/one'))).toBe('deny Forbidden');
    expect(await outcome(grpc, get('/two'))).toBe('allow');
    expect(await status()).toMatchObject({ revision: 'second' });
    expect(await portcullis.metrics()).toContain('portcullis_policy_info{engine="wasm",revision="second"} 1');

    const third = await buildBundle({ rego: rule('three'), entrypoints, revision: 'third' });
    await reload(portcullis, { engine: { wasm: { bundle: third } } }, 'applied');
    expect(await outcome(grpc, get('/three'))).toBe('allow');
    expect(await status()).toMatchObject({ revision: 'third' });
  });

  test('the token file', async () => {
    const file = join(await folder(), 'tokens.yaml');
    const tokens = (...names: string[]) => stringify({ tokens: names.map(entry) });
    await writeFile(file, tokens('first'));
    const config = { identity: { sources: [{ kind: 'token-file', file }] } };
    const portcullis = await serve({ config });
    const grpc = client(portcullis.grpcAddress);
    const as = (token: string) =>
      httpCheck({ method: 'POST', path: '/v1/admin/users/t', headers: { authorization: `Bearer ${token}` } });
    expect([await outcome(grpc, as('first')), await outcome(grpc, as('second'))]).toEqual([
      'allow',
      'deny Unauthorized',
    ]);
    await writeFile(file, tokens('second'));
    await reload(portcullis, config, 'applied');
    expect([await outcome(grpc, as('first')), await outcome(grpc, as('second'))]).toEqual([
      'deny Unauthorized',
      'allow',
    ]);
  });

  test('the level of the log', async () => {
    const portcullis = await serve({ config: { log: { level: 'fatal' } } });
    expect(portcullis.logs()).toEqual([]);
    await reload(portcullis, { log: { level: 'info' } }, 'applied');
    await eventually(() => expect(lastLog(portcullis, /read again/)).toMatchObject({ changed: ['log.level'] }));
  });

  test('the decision log', async () => {
    const portcullis = await serve();
    const grpc = client(portcullis.grpcAddress);
    await outcome(grpc, readUser);
    expect(portcullis.decisionLog()).toEqual([]);
    await reload(portcullis, { decision_log: { enabled: true } }, 'applied');
    await outcome(grpc, writeUser);
    await eventually(() => expect(portcullis.decisionLog()).toMatchObject([{ method: 'POST', outcome: 'deny' }]));
    await reload(portcullis, { decision_log: { enabled: false } }, 'applied');
    await outcome(grpc, readUser);
    expect(portcullis.decisionLog()).toHaveLength(1);
  });

  test('the last of several files written in a row', async () => {
    const engine = { wasm: { bundle: await buildBundle({ rego: rule('one'), entrypoints }) } };
    const portcullis = await serve({ config: { engine } });
    for (const undefined_ of ['error', 'deny', 'error']) {
      await portcullis.writeConfig({ engine, decision: { undefined: undefined_ } });
      portcullis.signal('SIGHUP');
    }
    const grpc = client(portcullis.grpcAddress);
    await eventually(async () => expect(await outcome(grpc, get('/two'))).toBe('grpc 2'));
  });
});

test('what needs a restart is named and not half applied', async () => {
  const rego = 'package envoy.authz\n\nallow if opa.runtime().env.REGION == "north"\n';
  const bundle = await buildBundle({ rego, entrypoints });
  const portcullis = await serve({ config: { engine: { wasm: { bundle } } }, env: { REGION: 'north' } });
  const changed = {
    grpc: { max_concurrent_checks: 7 },
    engine: { wasm: { bundle, env: ['REGION'] }, timeout: '1s' },
    shutdown: { quiet_period: '0ms', drain_timeout: '3s' },
  };
  await reload(portcullis, changed, 'applied');
  const needed = ['grpc.max_concurrent_checks', 'engine.wasm.env', 'shutdown.drain_timeout'];
  await eventually(() => expect(lastLog(portcullis, /at the next start/)).toMatchObject({ keys: needed }));
  expect(lastLog(portcullis, /read again/)).toMatchObject({ changed: ['engine.timeout'] });
  expect(await outcome(client(portcullis.grpcAddress), get('/'))).toBe('deny Forbidden');
});

describe('a new configuration that is bad leaves the old one serving', () => {
  const cases: [string, (config: ConfigFile) => Promise<ConfigFile | string> | ConfigFile | string, RegExp][] = [
    ['no YAML', () => 'decision: {', /portcullis\.yaml:\d+:\d+/],
    ['an unknown key', () => 'decision: { undefind: error }', /decision\.undefind: unknown key; did you mean/],
    [
      'a missing token file',
      (config) => ({ ...config, identity: { sources: [{ kind: 'token-file', file: '/nonexistent/tokens.yaml' }] } }),
      /\/nonexistent\/tokens\.yaml: the file cannot be read/,
    ],
    [
      'a missing bundle',
      (config) => ({ ...config, engine: { wasm: { bundle: '/nonexistent/b.tar.gz' } } }),
      /bundle_missing: .*\/nonexistent\/b\.tar\.gz/,
    ],
    [
      'a bundle without the decision path',
      async (config) => ({
        ...config,
        engine: { wasm: { bundle: await buildBundle({ rego: 'package a\n\nb := true\n', entrypoints: ['a/b'] }) } },
      }),
      /bundle_invalid: .*envoy\/authz\/allow/,
    ],
  ];

  test.each(cases)('%s', async (_case, bad, problem) => {
    const engine = { wasm: { bundle: await buildBundle({ rego: rule('one'), entrypoints, revision: 'good' }) } };
    const portcullis = await serve({ config: { engine } });
    const grpc = client(portcullis.grpcAddress);
    // What is good in a bad configuration is not applied either.
    await reload(portcullis, await bad({ engine, decision: { undefined: 'error' } }), 'refused');
    await eventually(() =>
      expect(lastLog(portcullis, /the old one goes on serving/)).toMatchObject({
        level: 'error',
        problem: expect.stringMatching(problem),
      }),
    );
    expect(await outcome(grpc, get('/one'))).toBe('allow');
    expect(await outcome(grpc, get('/two'))).toBe('deny Forbidden');
    expect(await (await fetch(`${portcullis.adminUrl}/status`)).json()).toMatchObject({
      revision: 'good',
      ready: true,
    });
    await reload(portcullis, { engine, decision: { undefined: 'error' } }, 'applied');
    expect(await outcome(grpc, get('/two'))).toBe('grpc 2');
  });

  test('the file is gone', async () => {
    const portcullis = await serve();
    await rm(portcullis.configFile);
    portcullis.signal('SIGHUP');
    await eventually(async () => expect(await reloads(portcullis, 'refused')).toBe(1));
    expect(await outcome(client(portcullis.grpcAddress), readUser)).toBe('allow');
  });
});

function entry(token: string) {
  const sha256 = createHash('sha256').update(token).digest('hex');
  return { sha256, subject: token, roles: ['ADMIN_ROLE'] };
}
