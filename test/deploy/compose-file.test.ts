import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { withAddresses } from '../../scripts/demo/envoy-config.js';
import { loadConfig } from '../../src/config/load.js';
import { unsafeSettings } from '../../src/config/unsafe.js';
import { validateFile } from '../contract/envoy/validate.js';
import { repository } from '../support/portcullis-server.js';
import { composeCommand } from './support/compose.js';
import { docker } from './support/docker.js';

interface Service {
  readonly image: string;
  readonly build?: object;
  readonly container_name?: string;
  readonly ports?: readonly { readonly host_ip: string }[];
  readonly restart: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly { readonly type: string; readonly source: string; readonly read_only?: boolean }[];
}

const text = await readFile(join(repository, 'docker-compose.yml'), 'utf8');
/** Whatever this machine sets: the tests may run on images of other names. */
const asShipped = Object.fromEntries([...text.matchAll(/\$\{(\w+):-/g)].map(([, name]) => [name, undefined]));
const resolved = JSON.parse(await composeCommand(['--profile', '*', 'config', '--format', 'json'], asShipped)) as {
  services: Record<string, Service>;
};
const services = Object.entries(resolved.services);
const named = (title: string) => join(repository, 'deploy', 'compose', title);

describe('docker-compose.yml', () => {
  test('A-89 B-10 is valid, with and without its profile, and has no obsolete or fixed names', async () => {
    expect(await composeCommand(['config', '--quiet'])).toBe('');
    for (const profile of ['auth', 'bundles', 'embedded', 'kong', 'nginx', 'observability']) {
      expect(await composeCommand(['--profile', profile, 'config', '--quiet'])).toBe('');
    }
    expect(parse(text, { merge: true })).not.toHaveProperty('version');
    for (const [name, { container_name: fixed }] of services) expect(fixed, name).toBeUndefined();
  });

  test.each(services)('A-89 B-10 %s: a pinned image, and nothing of the host that it may write', (_, service) => {
    // Postgres counts with two numbers.
    expect(service.image).toMatch(/^postgres:\d+\.\d+-|:v?\d+\.\d+\.\d+[^:]*$/);
    for (const volume of service.volumes ?? []) if (volume.type === 'bind') expect(volume.read_only).toBe(true);
  });

  test.each(services)('A-89 %s: waits for health or for a job to be done, and tells its own', (_, service) => {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const job = resolved.services[other]?.restart === 'no';
      expect([other, condition]).toEqual([other, job ? 'service_completed_successfully' : 'service_healthy']);
    }
    expect(service.healthcheck === undefined).toBe(service.restart === 'no');
  });

  test('A-86 B-10 only the gateways and what shows metrics are published, on loopback', () => {
    const published = services.filter(([, { ports }]) => ports !== undefined);
    expect(published.map(([name]) => name).sort()).toEqual([
      'envoy',
      'envoy-auth',
      'envoy-bundles',
      'envoy-embedded',
      'grafana',
      'kong',
      'nginx',
      'prometheus',
    ]);
    for (const [, { ports }] of published) expect(ports).toMatchObject([{ host_ip: '127.0.0.1' }]);
  });
});

describe('.env.example', () => {
  test('names every variable of the compose file, with its default', async () => {
    const example = await readFile(join(repository, '.env.example'), 'utf8');
    const settings = example.split('\n').filter((line) => /^\w+=/.test(line));
    const defaults = [...text.matchAll(/\$\{(\w+):-([^}]+)\}/g)].map(([, name, value]) => `${name}=${value}`);
    expect([...new Set(defaults)].sort()).toEqual(settings.sort());
  });

  test('changes nothing as it stands', async () => {
    const file = ['--file', join(repository, 'docker-compose.yml'), '--profile', '*'];
    const withExample = ['--env-file', join(repository, '.env.example')];
    const changed = await docker(['compose', ...file, ...withExample, 'config', '--format', 'json'], asShipped);
    expect(JSON.parse(changed)).toEqual(resolved);
  });
});

describe('deploy/compose/envoy.yaml', () => {
  test('is accepted without a warning', async () => {
    const { accepted, log } = await validateFile(named('envoy.yaml'));
    expect(accepted, log).toBe(true);
    expect(log.replace(/^configuration .* OK$/m, '').trim()).toBe('');
  });

  test('is envoy/gateway-uds.yaml at other addresses', async () => {
    const [standard, own] = await Promise.all(
      [join(repository, 'envoy', 'gateway-uds.yaml'), named('envoy.yaml')].map(async (file) =>
        parse(await readFile(file, 'utf8')),
      ),
    );
    const expected = withAddresses(standard, { listener: '0.0.0.0:8080', clusters: { backend: 'backend:8081' } });
    const backend = expected.static_resources.clusters?.find(({ name }) => name === 'backend');
    Object.assign(backend ?? {}, { type: 'STRICT_DNS' });
    expect(own).toEqual(expected);
  });
});

test('deploy/compose/envoy-auth.yaml is accepted, and envoy/gateway-auth.yaml at other addresses', async () => {
  const { accepted, log } = await validateFile(named('envoy-auth.yaml'));
  expect(accepted, log).toBe(true);
  const [standard, own] = await Promise.all(
    [join(repository, 'envoy', 'gateway-auth.yaml'), named('envoy-auth.yaml')].map(async (file) =>
      parse(await readFile(file, 'utf8')),
    ),
  );
  const expected = withAddresses(standard, {
    listener: '0.0.0.0:8080',
    clusters: { backend: 'backend:8081', auth: 'auth:8082', portcullis: 'unix:///run/portcullis/check.sock' },
  });
  for (const cluster of expected.static_resources.clusters ?? []) {
    if (['backend', 'auth'].includes(cluster.name)) Object.assign(cluster, { type: 'STRICT_DNS' });
  }
  expect(own).toEqual(expected);
});

test('deploy/compose/kong.yml is examples/kong/kong.yml at the address of the backend', async () => {
  const example = await readFile(join(repository, 'examples', 'kong', 'kong.yml'), 'utf8');
  const own = parse(await readFile(named('kong.yml'), 'utf8'));
  expect(own).toEqual(parse(example.replaceAll('http://127.0.0.1:8081', 'http://backend:8081')));
});

describe('deploy/compose/nginx', () => {
  test('is the configuration of docs/gateways/nginx.md at other addresses', async () => {
    const page = await readFile(join(repository, 'docs', 'gateways', 'nginx.md'), 'utf8');
    const [, whole = '', check = ''] = /```nginx\n(.*?)```.*?```nginx check\.conf\n(.*?)```/s.exec(page) ?? [];
    const own = await readFile(named('nginx/nginx.conf'), 'utf8');
    const same = [
      ['127.0.0.1:9292', 'unix:/run/portcullis/http.sock'],
      ['127.0.0.1:8081', 'backend:8081'],
      ['/var/log/nginx/access.log', '/dev/stdout'],
      ['listen 127.0.0.1:8080', 'listen 0.0.0.0:8080'],
    ].reduce((text, [from = '', to = '']) => text.replace(from, to), whole);
    const local = /^(#|error_log|pid|\s*\w+_temp_path)/;
    const significant = (text: string) => text.split('\n').filter((line) => line !== '' && !local.test(line));
    expect(significant(own)).toEqual(significant(same));
    expect(await readFile(named('nginx/check.conf'), 'utf8')).toBe(check);
  });
});

test('deploy/compose/portcullis.yaml is valid, with either engine, and unsafe only in what Prometheus reads', async () => {
  for (const env of [{}, { PORTCULLIS_ENGINE_KIND: 'wasm' }]) {
    const loaded = await loadConfig({ file: named('portcullis.yaml'), env });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
    expect(unsafeSettings(loaded.value.config)).toEqual([expect.stringMatching(/^admin\.address: /)]);
  }
});
