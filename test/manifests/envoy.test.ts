import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type EnvoyConfig, withAddresses } from '../../scripts/demo/envoy-config.js';
import { loadConfig } from '../../src/config/load.js';
import { unsafeSettings } from '../../src/config/unsafe.js';
import { validate } from '../contract/envoy/validate.js';
import { gatewayOf } from '../e2e/matrix/support/gateway.js';
import { repository } from '../support/portcullis-server.js';
import { renderings } from './support/renderings.js';

const k8s = (path: string) => join(repository, 'k8s', path);
const configurations = renderings.flatMap(({ name, objects }) =>
  objects.flatMap(({ kind, metadata, data = {} }) =>
    kind === 'ConfigMap' && data['envoy.yaml'] !== undefined
      ? [[name, metadata.name, data['envoy.yaml']] as const]
      : [],
  ),
);

test.each(configurations)('%s: Envoy accepts %s without a warning', async (_rendering, _map, text) => {
  const { accepted, log } = await validate(parse(text));
  expect(accepted, log).toBe(true);
  expect(log.replace(/^configuration .* OK$/m, '').trim()).toBe('');
});

describe('the gateway in a Pod is envoy/gateway-uds.yaml', () => {
  const standard = async () => {
    const config = parse(await readFile(join(repository, 'envoy', 'gateway-uds.yaml'), 'utf8')) as EnvoyConfig;
    return withAddresses(config, { listener: '0.0.0.0:8080', clusters: { backend: '127.0.0.1:8081' } });
  };
  const withoutProbes = async (file: string) => {
    const own = parse(await readFile(k8s(file), 'utf8')) as EnvoyConfig;
    const { listeners = [], clusters = [] } = own.static_resources;
    const kept = {
      listeners: listeners.filter(({ name }) => name !== 'probes'),
      clusters: clusters.filter(({ name }) => name !== 'admin'),
    };
    return { ...own, static_resources: { ...own.static_resources, ...kept } };
  };

  test('base/config/envoy.yaml, at other addresses and with a listener for probes', async () => {
    expect(await withoutProbes('base/config/envoy.yaml')).toEqual(await standard());
  });

  test('components/asks-central/config/envoy.yaml too, but that Portcullis is elsewhere and may be slow or gone', async () => {
    const expected = withAddresses(await standard(), { clusters: { portcullis: 'portcullis-headless:9191' } });
    const portcullis = expected.static_resources.clusters?.find(({ name }) => name === 'portcullis');
    const thresholds = { max_requests: 1100, max_pending_requests: 1100 };
    const budget = { budget_percent: { value: 50 }, min_retry_concurrency: 50 };
    const breakers = { thresholds: [{ ...thresholds, retry_budget: budget }] };
    Object.assign(portcullis ?? {}, { type: 'STRICT_DNS', connect_timeout: '0.1s', circuit_breakers: breakers });
    const service = gatewayOf(expected).extAuthz['grpc_service'] as Record<string, object>;
    const retries = {
      retry_on: 'connect-failure,refused-stream,reset,unavailable,deadline-exceeded',
      retry_back_off: { base_interval: '0.005s', max_interval: '0.2s' },
      retry_host_predicate: [expect.objectContaining({ name: 'envoy.retry_host_predicates.previous_hosts' })],
      host_selection_retry_max_attempts: 5,
    };
    Object.assign(service, { timeout: '0.5s', retry_policy: { ...service['retry_policy'], ...retries } });
    expect(await withoutProbes('components/asks-central/config/envoy.yaml')).toEqual(expected);
  });
});

test.each([
  ['base/config/portcullis.yaml', [/^admin.address/]],
  ['components/central/config/portcullis.yaml', [/^grpc.address/, /^admin.address/]],
])('%s is valid, and weaker than the default only where the NetworkPolicy closes it', async (file, expected) => {
  const loaded = await loadConfig({ file: k8s(file), env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  expect(unsafeSettings(loaded.value.config)).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
});

test('the demonstration tokens are examples/tokens.yaml', async () => {
  const [example, own] = await Promise.all(
    [join(repository, 'examples', 'tokens.yaml'), k8s('components/demo-tokens/tokens.yaml')].map((file) =>
      readFile(file, 'utf8'),
    ),
  );
  expect(own).toBe(example);
});
