import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.js';
import { printConfig } from '../../../src/config/print.js';

async function load(yaml: string) {
  const loaded = await loadConfig({ file: '/etc/p.yaml', env: {}, readFile: async () => yaml });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  return loaded.value.config;
}

test.each([
  '',
  'compatibility: opa-envoy-plugin\ndecision: { faults: deny }',
  'grpc: { address: "unix:///run/p.sock", mode: 0600 }\nengine: { timeout: 1500ms }',
  `
grpc: { address: "[::1]:1", tls: { cert: c, key: k }, max_message_size: 1500B }
engine: { kind: opa, opa: { url: "https://h", token: { file: t }, tls: { ca: c } }, wasm: { env: ["null"] } }
identity: { sources: [{ kind: token-file, file: t }, { kind: trusted-header, underscore_alias: true, trusted_peers: [10.0.0.0/8] }], realm: "1" }`,
])('what is printed loads to the same configuration: %s', async (yaml) => {
  const config = await load(yaml);
  expect(await load(printConfig(config))).toEqual(config);
});

test('durations and sizes are printed with their units', async () => {
  const text = printConfig(await load('engine: { timeout: 90s }'));
  expect(text).toContain('timeout: 90s\n');
  expect(text).toContain('max_message_size: 4MiB\n');
  expect(text).toContain('drain_timeout: 10s\n');
});
