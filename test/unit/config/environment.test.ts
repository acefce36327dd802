import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.js';
import { formatProblems } from '../../../src/config/problem.js';
import { configKeys } from '../../../src/config/schema-keys.js';

async function load(env: Record<string, string>, yaml = '') {
  const loaded = await loadConfig({ file: 'portcullis.yaml', env, readFile: async () => yaml });
  return loaded.ok ? loaded.value.config : formatProblems(loaded.error);
}

test('each key outside a list has one variable, and no two share a name', () => {
  const variables = configKeys.flatMap(({ variable }) => variable ?? []);
  expect(new Set(variables).size).toBe(variables.length);
  expect(variables).toContain('PORTCULLIS_GRPC_ADDRESS');
  expect(variables).toContain('PORTCULLIS_ENGINE_OPA_URL');
  expect(variables).toContain('PORTCULLIS_DECISION_LOG_ENABLED');
});

test('text stands as it is; numbers, booleans, lists and sections are YAML', async () => {
  const config = await load({
    PORTCULLIS_GRPC_ADDRESS: 'unix:///run/p.sock',
    PORTCULLIS_GRPC_MODE: '0600',
    PORTCULLIS_GRPC_REFLECTION: 'true',
    PORTCULLIS_GRPC_MAX_CONCURRENT_CHECKS: '7',
    PORTCULLIS_ENGINE_PATHS: '[{path: a/b, shape: http-api}, {"path": "c"}]',
    PORTCULLIS_SHUTDOWN: '{quiet_period: 0s}',
    PORTCULLIS_IDENTITY_REALM: 'true',
  });
  expect(config).toMatchObject({
    grpc: { address: 'unix:///run/p.sock', mode: '0600', reflection: true, max_concurrent_checks: 7 },
    engine: {
      paths: [
        { path: 'a/b', shape: 'http-api' },
        { path: 'c', shape: 'envoy' },
      ],
    },
    shutdown: { quiet_period: 0, drain_timeout: 10_000 },
    identity: { realm: 'true' },
  });
});

test('a single key wins over its section, a list replaces the list, other keys of the file stay', async () => {
  const config = await load(
    {
      PORTCULLIS_SHUTDOWN_QUIET_PERIOD: '3s',
      PORTCULLIS_SHUTDOWN: '{quiet_period: 2s}',
      PORTCULLIS_ENGINE_PATHS: '[{path: b}]',
    },
    'shutdown: { drain_timeout: 4s }\nengine: { kind: opa, paths: [{ path: a }] }',
  );
  expect(config).toMatchObject({
    shutdown: { quiet_period: 3000, drain_timeout: 4000 },
    engine: { kind: 'opa', paths: [{ path: 'b' }] },
  });
});

test('an empty variable counts as not set', async () => {
  expect(await load({ PORTCULLIS_LOG_LEVEL: '', PORTCULLIS_UNKNOWN: '', PORTCULLIS_CONFIG: '' })).toMatchObject({
    log: { level: 'info' },
  });
});

describe('a problem names the variable:', () => {
  test.each([
    [
      { PORTCULLIS_GRPC_ADRESS: 'x' },
      'PORTCULLIS_GRPC_ADRESS: unknown variable; did you mean "PORTCULLIS_GRPC_ADDRESS"?',
    ],
    [{ PORTCULLIS_ENGINE_PATHS: '[{path: a' }, 'PORTCULLIS_ENGINE_PATHS:1:10: not valid YAML'],
    [
      { PORTCULLIS_ENGINE_PATHS: '[{path: a, shap: envoy}]' },
      'PORTCULLIS_ENGINE_PATHS engine.paths[0].shap: unknown key; did you mean "shape"?',
    ],
    [
      { PORTCULLIS_GRPC_REFLECTION: '1' },
      'PORTCULLIS_GRPC_REFLECTION grpc.reflection: wrong type; expected true or false, found 1',
    ],
    [{ PORTCULLIS_GRPC_MODE: '0600' }, 'PORTCULLIS_GRPC_MODE grpc.mode: only a Unix socket has a mode'],
  ])('%j', async (env, line) => {
    expect(await load(env)).toContain(line);
  });
});

describe('what Kubernetes announces about a Service is no setting:', () => {
  const announced = {
    PORTCULLIS_SERVICE_HOST: '10.0.0.1',
    PORTCULLIS_SERVICE_PORT: '9191',
    PORTCULLIS_SERVICE_PORT_GRPC: '9191',
    PORTCULLIS_PORT: 'tcp://10.0.0.1:9191',
    PORTCULLIS_PORT_9191_TCP: 'tcp://10.0.0.1:9191',
    PORTCULLIS_PORT_9191_TCP_PROTO: 'tcp',
    PORTCULLIS_PORT_9191_TCP_PORT: '9191',
    PORTCULLIS_PORT_9191_TCP_ADDR: '10.0.0.1',
    PORTCULLIS_ADMIN_SERVICE_HOST: '10.0.0.2',
    PORTCULLIS_ADMIN_PORT_9090_TCP_ADDR: '10.0.0.2',
  };

  test('it is passed over', async () => {
    expect(await load(announced)).toEqual(await load({}));
  });

  test('no key of ours has such a name', () => {
    for (const { variable = '' } of configKeys) expect(variable).not.toMatch(/_SERVICE_|_PORT(_|$)/);
  });
});
