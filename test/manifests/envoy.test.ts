import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { withAddresses } from '../../scripts/demo/envoy-config.js';
import { loadConfig } from '../../src/config/load.js';
import { unsafeSettings } from '../../src/config/unsafe.js';
import { validate } from '../contract/envoy/validate.js';
import { repository } from '../support/portcullis-server.js';
import { renderings } from './support/renderings.js';

interface EnvoyConfig {
  readonly static_resources: {
    readonly listeners: readonly { readonly name: string }[];
    readonly clusters: readonly { readonly name: string }[];
  };
}

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
  test.each([
    ['base/config/envoy.yaml', {}],
    [
      'components/asks-central/config/envoy.yaml',
      {
        type: 'STRICT_DNS',
        load_assignment: {
          cluster_name: 'portcullis',
          endpoints: [
            {
              lb_endpoints: [
                { endpoint: { address: { socket_address: { address: 'portcullis-headless', port_value: 9191 } } } },
              ],
            },
          ],
        },
      },
    ],
  ])('%s, at other addresses and with a listener for probes', async (file, portcullis) => {
    const [standard, own] = await Promise.all(
      [join(repository, 'envoy', 'gateway-uds.yaml'), k8s(file)].map(async (path) =>
        parse(await readFile(path, 'utf8')),
      ),
    );
    const expected = withAddresses(standard, { listener: '0.0.0.0:8080', clusters: { backend: '127.0.0.1:8081' } });
    Object.assign(expected.static_resources.clusters?.find(({ name }) => name === 'portcullis') ?? {}, portcullis);
    const { listeners, clusters } = (own as EnvoyConfig).static_resources;
    const withoutProbes = {
      ...own,
      static_resources: {
        ...own.static_resources,
        listeners: listeners.filter(({ name }) => name !== 'probes'),
        clusters: clusters.filter(({ name }) => name !== 'admin'),
      },
    };
    expect(withoutProbes).toEqual(expected);
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
