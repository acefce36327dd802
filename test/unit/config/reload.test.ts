import { expect, test } from 'vitest';
import { reloadableChanges } from '../../../src/config/reload.js';
import { configSchema } from '../../../src/config/schema.js';

const change = (before: unknown, after: unknown) =>
  reloadableChanges(configSchema.parse(before), configSchema.parse(after));

test('equal configurations have no changes', () => {
  expect(change({}, {})).toEqual({ reloadable: [], needsRestart: [] });
});

test('what a signal is enough for is told from what needs a restart', () => {
  const after = {
    grpc: { address: '127.0.0.1:1', tls: { cert: '/c', key: '/k' } },
    engine: { kind: 'opa', timeout: '1s', paths: [{ path: 'a' }], opa: { url: 'http://h', token: { file: '/t' } } },
    identity: { sources: [{ kind: 'token-file', file: '/t' }] },
    decision: { undefined: 'error' },
    decision_log: { enabled: true },
    input: { path_parsing: 'opa-envoy-plugin' },
    log: { level: 'debug' },
    shutdown: { quiet_period: '2s' },
  };
  expect(change({}, after)).toEqual({
    reloadable: [
      'engine.opa.token.file',
      'engine.timeout',
      'input.path_parsing',
      'identity.sources',
      'decision.undefined',
      'decision_log.enabled',
      'log.level',
    ],
    needsRestart: [
      'grpc.address',
      'grpc.tls.cert',
      'grpc.tls.key',
      'engine.kind',
      'engine.paths',
      'engine.opa.url',
      'shutdown.quiet_period',
    ],
  });
});

test('decision does not stand for decision_log, nor a removed key for nothing', () => {
  const changes = change({ engine: { wasm: { bundle: '/b', env: ['A'] } } }, {});
  expect(changes).toEqual({ reloadable: ['engine.wasm.bundle'], needsRestart: ['engine.wasm.env'] });
});
