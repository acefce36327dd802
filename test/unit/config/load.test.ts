import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.js';
import { formatProblems } from '../../../src/config/problem.js';

async function load(yaml: string | undefined, env: Record<string, string> = {}) {
  const file = yaml === undefined ? undefined : '/etc/portcullis/portcullis.yaml';
  return loadConfig({ file, env, readFile: async () => yaml ?? '' });
}

async function config(yaml: string | undefined, env: Record<string, string> = {}) {
  const loaded = await load(yaml, env);
  if (!loaded.ok) throw new Error(formatProblems(loaded.error));
  return loaded.value.config;
}

async function problems(yaml: string | undefined, env: Record<string, string> = {}) {
  const loaded = await load(yaml, env);
  return loaded.ok ? [] : formatProblems(loaded.error).replaceAll('/etc/portcullis/', '').split('\n');
}

describe('a configuration is', () => {
  test('all defaults without a file', async () => {
    const { grpc, engine, decision, identity } = await config(undefined);
    expect(grpc).toMatchObject({ address: '127.0.0.1:9191', mode: '0660', max_message_size: 4 * 1024 * 1024 });
    expect(engine).toMatchObject({
      kind: 'wasm',
      timeout: 150,
      paths: [{ path: 'envoy/authz/allow', shape: 'envoy' }],
    });
    expect(decision).toMatchObject({ undefined: 'deny', faults: 'deny', dry_run: false });
    expect(identity.sources).toEqual([]);
  });

  test.each(['', '# nothing\n', '---\n'])('all defaults from the empty file %j', async (text) => {
    expect(await config(text)).toEqual(await config(undefined));
  });

  test('frozen in every part', async () => {
    const { engine, identity } = await config('identity: { sources: [{ kind: token-file, file: t }] }');
    expect(() => Object.assign(engine.opa, { url: 'x' })).toThrow(TypeError);
    expect(() => Object.assign(identity.sources[0] ?? {}, { file: 'x' })).toThrow(TypeError);
    expect(() => Array.prototype.push.call(engine.paths, 1)).toThrow(TypeError);
  });

  test('preset, then file, then environment', async () => {
    const yaml = 'compatibility: opa-envoy-plugin\ndecision: { faults: deny, plain_boolean: false }';
    const { decision, input } = await config(yaml, { PORTCULLIS_DECISION_PLAIN_BOOLEAN: 'true' });
    expect(decision).toMatchObject({ undefined: 'error', faults: 'deny', plain_boolean: true, allow_alias: false });
    expect(input).toMatchObject({ path_parsing: 'opa-envoy-plugin', metadata_numbers: 'exponent' });
  });

  test('made from the preset that only the environment names', async () => {
    const { decision } = await config('log: { level: warn }', { PORTCULLIS_COMPATIBILITY: 'opa-envoy-plugin' });
    expect(decision.undefined).toBe('error');
  });

  test('given with absolute files: beside the configuration file, or as the shell says in the environment', async () => {
    const yaml = `
engine: { wasm: { bundle: ../gateway.tar.gz } }
identity: { sources: [{ kind: token-file, file: tokens.yaml }] }
grpc: { tls: { cert: /tls/cert.pem, key: key.pem } }`;
    const { engine, identity, grpc } = await config(yaml, { PORTCULLIS_GRPC_TLS_CLIENT_CA: 'ca.pem' });
    expect(engine.wasm.bundle).toBe('/etc/gateway.tar.gz');
    expect(identity.sources[0]).toEqual({ kind: 'token-file', file: '/etc/portcullis/tokens.yaml' });
    expect(grpc.tls).toEqual({
      cert: '/tls/cert.pem',
      key: '/etc/portcullis/key.pem',
      client_ca: `${process.cwd()}/ca.pem`,
    });
  });

  test('0660 whether it is quoted or not', async () => {
    const unix = 'address: "unix:///run/p.sock"';
    expect((await config(`grpc: { ${unix}, mode: 0660 }`)).grpc.mode).toBe('0660');
    expect((await config(`grpc: { ${unix}, mode: "0666" }`)).grpc.mode).toBe('0666');
  });

  test('found through PORTCULLIS_CONFIG, which an explicit file overrides', async () => {
    const readFile = async (path: string) => (path === 'named.yaml' ? 'log: { level: warn }' : 'log: { level: error }');
    const env = { PORTCULLIS_CONFIG: 'named.yaml' };
    expect(await loadConfig({ env, readFile })).toMatchObject({ value: { config: { log: { level: 'warn' } } } });
    const explicit = await loadConfig({ env, readFile, file: 'explicit.yaml' });
    expect(explicit).toMatchObject({ value: { config: { log: { level: 'error' } }, file: 'explicit.yaml' } });
  });
});

describe('a problem names place, key, what was expected and what was found:', () => {
  test.each([
    ['engine:\n  kindd: opa', 'portcullis.yaml:2:3 engine.kindd: unknown key; did you mean "kind"?'],
    ['engin: {}', 'portcullis.yaml:1:1 engin: unknown key; did you mean "engine"?'],
    ['zzzzzzzzzz: 1', 'portcullis.yaml:1:1 zzzzzzzzzz: unknown key'],
    ['__proto__: { a: 1 }', 'portcullis.yaml:1:1 __proto__: unknown key'],
    ['grpc: { reflection: 1 }', 'portcullis.yaml:1:21 grpc.reflection: wrong type; expected true or false, found 1'],
    ['grpc:', 'portcullis.yaml:1:6 grpc: wrong type; expected a mapping, found nothing'],
    ['- a', 'portcullis.yaml:1:1: wrong type; expected a mapping, found a list'],
    [
      'engine:\n  kind: opaa',
      'portcullis.yaml:2:9 engine.kind: wrong value; expected wasm or opa, found "opaa"; did you mean "opa"?',
    ],
    [
      'engine: { timeout: 150 }',
      'portcullis.yaml:1:20 engine.timeout: wrong type; expected a duration such as 150ms, 2s or 1m, found 150',
    ],
    [
      'grpc: { max_concurrent_checks: 0 }',
      'portcullis.yaml:1:32 grpc.max_concurrent_checks: wrong value; expected at least 1, found 0',
    ],
    [
      'engine: { paths: [] }',
      'portcullis.yaml:1:18 engine.paths: wrong value; expected at least 1 in the list, found a list',
    ],
    [
      'identity:\n  sources:\n    - kind: tokn-file',
      'portcullis.yaml:3:13 identity.sources[0].kind: wrong value; expected redis-session, jwt, envoy-jwt, client-certificate, api-key, introspection, token-file or trusted-header, found "tokn-file"; did you mean "token-file"?',
    ],
    [
      'identity:\n  sources:\n    - kind: token-file',
      'portcullis.yaml:3:7 identity.sources[0].file: missing; expected the name of a file',
    ],
    [
      'identity: { sources: [{ kind: token-file, fil: x, file: y }] }',
      'portcullis.yaml:1:43 identity.sources[0].fil: unknown key; did you mean "file"?',
    ],
  ])('%j', async (yaml, line) => {
    expect(await problems(yaml)).toEqual([line]);
  });

  test.each([
    ['portcullis.yaml:1:8: not valid YAML', 'grpc: {'],
    ['portcullis.yaml:2:1: this key stands here twice', 'log: { level: info }\nlog: { level: warn }'],
    ['portcullis.yaml:2:1: there is more than one document in this file', 'a: 1\n---\nb: 2'],
    ['portcullis.yaml:1:6: a tag is not known here', 'log: !secret { level: info }'],
    ['portcullis.yaml: an alias has no anchor before it', 'log: *nowhere'],
    ['nested too deeply', '['.repeat(20_000)],
  ])('%s', async (line, yaml) => {
    expect((await problems(yaml)).join('\n')).toContain(line);
  });

  test('all of them at once, in the order of the file', async () => {
    const lines = await problems('logg: {}\ngrpc: { address: 1 }\nengine: { kind: x }');
    expect(lines.map((line) => line.split(' ')[0])).toEqual([
      'portcullis.yaml:1:1',
      'portcullis.yaml:2:18',
      'portcullis.yaml:3:17',
    ]);
  });

  test('a file that cannot be read has a code of its own', async () => {
    const loaded = await loadConfig({ file: '/nonexistent/portcullis.yaml', env: {} });
    expect(loaded).toMatchObject({ ok: false, error: [{ code: 'config_unreadable', found: 'ENOENT' }] });
  });
});

test('aliases of aliases do not fill the memory', async () => {
  const names = [...'abcdefghi'];
  const lines = names.map((name, index) => {
    const item = index === 0 ? 'x' : `*${names[index - 1]}`;
    return `${name}: &${name} [${Array(9).fill(item).join(', ')}]`;
  });
  expect(await problems(lines.join('\n'))).toEqual(['portcullis.yaml: more than 100 values come from aliases']);
});

describe('no problem repeats a secret:', () => {
  test.each([
    'engine: { opa: { token: s3cret } }',
    'engine: { opa: { token: { file: [s3cret] } } }',
    'engine: { opa: { url: "http://user:s3cret@opa:8181" } }',
    'grpc: { tls: { cert: c, key: "s3cret\\n" } }',
    'engine: { opa: { token: "s3cret }',
    'engine: { opa: { token: !tag s3cret } }',
    'engine: { opa: { token: *s3cret } }',
  ])('%s', async (yaml) => {
    const lines = await problems(yaml);
    expect(lines).not.toEqual([]);
    expect(lines.join('\n')).not.toContain('s3cret');
  });

  test('in the environment', async () => {
    const lines = await problems(undefined, { PORTCULLIS_ENGINE_OPA_TOKEN: 's3cret' });
    expect(lines).toEqual([
      'PORTCULLIS_ENGINE_OPA_TOKEN engine.opa.token: wrong type; expected a mapping, found text that is not shown',
    ]);
  });
});

test('a problem carries no terminal escape of the file', async () => {
  const lines = await problems('"\\e[31mred\\n": 1\nlog: { level: "\\e[0m" }');
  expect(lines).toHaveLength(2);
  expect(lines.join('')).not.toContain('\u001b');
});
