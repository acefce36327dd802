import { once } from 'node:events';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAuthority } from '../../support/certificates.js';
import { buildBundle } from '../../support/policy-bundle.js';
import type { ConfigFile } from '../../support/portcullis-server.js';
import { freeAddress } from '../../support/ports.js';
import { startChild } from '../../support/process.js';
import { client, outcome, readUser } from './check-call.js';
import { type Attempt, attemptToServe, folder, serve } from './serve.js';

interface Addresses {
  readonly grpc: string;
  readonly admin: string;
}

const addresses = async (): Promise<Addresses> => ({ grpc: await freeAddress(), admin: await freeAddress() });

function at({ grpc, admin }: Addresses, config: ConfigFile = {}): ConfigFile {
  return {
    ...config,
    grpc: { ...(config['grpc'] as object | undefined), address: grpc },
    admin: { address: admin },
  };
}

/** Someone else on this port or socket, until the test ends. */
async function occupy(place: { port: number; host: string } | { path: string }): Promise<void> {
  const server = createServer().listen(place);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
}

const portOf = (address: string) => ({ host: '127.0.0.1', port: Number(address.split(':')[1]) });

describe('a configuration that is wrong ends it with 2 before anything listens', () => {
  const cases: [string, string, string][] = [
    ['an unknown key', 'enginee: { kind: wasm }', ':3:1 enginee: unknown key; did you mean "engine"?'],
    [
      'a wrong type',
      'decision_log: { enabled: maybe }',
      ':3:26 decision_log.enabled: wrong type; expected true or false, found "maybe"',
    ],
    [
      'a value that is none of the known',
      'engine: { kind: wsam }',
      ':3:17 engine.kind: wrong value; expected wasm or opa, found "wsam"; did you mean "wasm"?',
    ],
    [
      'keys that do not go together',
      'engine: { opa: { tls: { ca: ca.pem } } }',
      ':3:18 engine.opa.tls: engine.opa.url is not an https URL',
    ],
  ];

  test.each(cases)('%s', async (_case, line, message) => {
    const free = await addresses();
    const text = `grpc: { address: "${free.grpc}" }\nadmin: { address: "${free.admin}" }\n${line}\n`;
    const attempt = await attemptToServe(text, [free.grpc, free.admin]);
    expect(attempt).toMatchObject({ code: 2, stdout: '', opened: [] });
    expect(attempt.stderr.replace(/^.*portcullis\.yaml/, '')).toBe(message);
  });
});

/** One line for people (the other is the log's), and nothing of the inside. */
function expectOneClearLine({ stderr, code }: Attempt, expected: RegExp): void {
  expect(stderr).toMatch(expected);
  const lines = stderr.split('\n').filter((line) => !line.startsWith('{'));
  expect(lines).toEqual([expect.stringMatching(/^portcullis: [a-z_]+: /)]);
  expect(stderr).not.toMatch(/\bat .*\.(js|ts):\d+|node:internal|"stack"/);
  expect(code).toBe(1);
}

describe('what cannot be served ends it with 1 and says what it is', () => {
  test('a gRPC address that someone listens on', async () => {
    const taken = await addresses();
    await occupy(portOf(taken.grpc));
    expectOneClearLine(await attemptToServe(at(taken)), new RegExp(`address_in_use: ${taken.grpc} is in use`));
  });

  test('an admin address that someone listens on: the gRPC address is not opened either', async () => {
    const taken = await addresses();
    await occupy(portOf(taken.admin));
    const attempt = await attemptToServe(at(taken), [taken.grpc]);
    expectOneClearLine(attempt, new RegExp(`address_in_use: ${taken.admin} is in use`));
    expect(attempt.opened).toEqual([]);
  });

  test('a regular file where the socket should be: it is not touched', async () => {
    const path = join(await folder(), 'check.sock');
    await writeFile(path, 'precious');
    const attempt = await attemptToServe(at({ ...(await addresses()), grpc: `unix://${path}` }));
    expectOneClearLine(attempt, /address_in_use: .*check\.sock exists and is not a socket/);
    expect(await readFile(path, 'utf8')).toBe('precious');
  });

  test('a socket that someone answers on', async () => {
    const path = join(await folder(), 'check.sock');
    await occupy({ path });
    const attempt = await attemptToServe(at({ ...(await addresses()), grpc: `unix://${path}` }));
    expectOneClearLine(attempt, /address_in_use: unix:.*check\.sock is in use/);
  });

  test('a bundle that is not there', async () => {
    const free = await addresses();
    const config = at(free, { engine: { wasm: { bundle: '/nonexistent/bundle.tar.gz' } } });
    const attempt = await attemptToServe(config, [free.grpc, free.admin]);
    expectOneClearLine(attempt, /bundle_missing: .*\/nonexistent\/bundle\.tar\.gz/);
    expect(attempt.opened).toEqual([]);
  });

  test('a bundle that is none', async () => {
    const bundle = join(await folder(), 'bundle.tar.gz');
    await writeFile(bundle, 'no archive');
    const attempt = await attemptToServe(at(await addresses(), { engine: { wasm: { bundle } } }));
    expectOneClearLine(attempt, /bundle_invalid: .*bundle\.tar\.gz/);
  });

  test('a bundle without the decision path', async () => {
    const bundle = await buildBundle({ rego: 'package a\n\nb := true\n', entrypoints: ['a/b'] });
    const attempt = await attemptToServe(at(await addresses(), { engine: { wasm: { bundle } } }));
    expectOneClearLine(attempt, /bundle_invalid: .*envoy\/authz\/allow/);
  });

  test('a token file that is not there', async () => {
    const identity = { sources: [{ kind: 'token-file', file: '/nonexistent/tokens.yaml' }] };
    const attempt = await attemptToServe(at(await addresses(), { identity }));
    expectOneClearLine(attempt, /config_unreadable: \/nonexistent\/tokens\.yaml: the file cannot be read/);
  });

  test("a file for OPA's token that is not there", async () => {
    const engine = { kind: 'opa', opa: { token: { file: '/nonexistent/opa-token' } } };
    const attempt = await attemptToServe(at(await addresses(), { engine }));
    expectOneClearLine(attempt, /config_unreadable: \/nonexistent\/opa-token cannot be read: ENOENT/);
  });

  test.each([
    ['a certificate that is not there', 'cert', undefined],
    ['a certificate that is none', 'cert', 'nonsense'],
    ['a key that belongs to another certificate', 'key', createAuthority('Other').key],
  ])('%s', async (_case, which, content) => {
    const place = await folder();
    const issued = createAuthority('Test').issue('server');
    const tls = { cert: join(place, 'tls.crt'), key: join(place, 'tls.key') };
    await writeFile(tls.cert, issued.cert);
    await writeFile(tls.key, issued.key);
    const bad = join(place, 'bad.pem');
    if (content !== undefined) await writeFile(bad, content);
    const free = await addresses();
    const attempt = await attemptToServe(at(free, { grpc: { tls: { ...tls, [which]: bad } } }), [free.grpc]);
    expectOneClearLine(attempt, /tls_invalid: .*bad\.pem/);
    expect(attempt.opened).toEqual([]);
  });
});

test('a socket that a killed process left behind is removed, and the new one has mode 0660', async () => {
  const path = join(await folder(), 'check.sock');
  await leaveSocketBehind(path);
  await chmod(path, 0o600);
  const portcullis = await serve({ grpcAddress: `unix://${path}` });
  expect(await outcome(client(portcullis.grpcAddress), readUser)).toBe('allow');
  expect((await stat(path)).mode & 0o777).toBe(0o660);
});

async function leaveSocketBehind(path: string): Promise<void> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await startChild({ name: 'killed', program: process.execPath, args: ['-e', script] }).exited;
  expect((await stat(path)).isSocket()).toBe(true);
}
