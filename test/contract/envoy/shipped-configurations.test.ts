import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { validateFile } from './validate.js';

const folder = fileURLToPath(new URL('../../../envoy/', import.meta.url));
const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));

/** Every scalar of a configuration under its path, such as `/static_resources/clusters/0/name`. */
function flatten(value: unknown, path = ''): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return { [path]: value };
  return Object.assign({}, ...Object.entries(value).map(([key, child]) => flatten(child, `${path}/${key}`)));
}

/** The values, by the last key of their path, that one configuration has and the other has not. */
async function differences(name: string): Promise<{ gone: unknown; come: unknown }> {
  const read = async (file: string) => flatten(parse(await readFile(join(folder, file), 'utf8')));
  const [standard, variant] = await Promise.all([read('gateway.yaml'), read(name)]);
  return { gone: without(standard, variant), come: without(variant, standard) };
}

function without(from: Record<string, unknown>, other: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(from).filter(([path, value]) => other[path] !== value);
  return Object.fromEntries(entries.map(([path, value]) => [path.split('/').at(-1) ?? '', value]));
}

test.each(files)('%s is accepted without a warning', async (name) => {
  const { accepted, log } = await validateFile(join(folder, name));
  expect(accepted, log).toBe(true);
  expect(log.replace(/^configuration .* OK$/m, '').trim()).toBe('');
});

test.each(files)('%s: an attempt may take as long as the whole check', async (name) => {
  const scalars = Object.entries(flatten(parse(await readFile(join(folder, name), 'utf8'))));
  const scalarAt = (ending: string) => scalars.find(([path]) => path.endsWith(ending))?.[1];
  // Envoy takes `max_interval` for the timeout of each attempt.
  expect(scalarAt('/grpc_service/retry_policy/retry_back_off/max_interval')).toBe(scalarAt('/grpc_service/timeout'));
});

test('the Unix socket is all that gateway-uds.yaml changes', async () => {
  expect(await differences('gateway-uds.yaml')).toEqual({
    gone: { address: '127.0.0.1', port_value: 9191 },
    come: { path: '/run/portcullis/check.sock' },
  });
});

test('a second endpoint, and what follows from it, is all that gateway-workers.yaml changes', async () => {
  expect(await differences('gateway-workers.yaml')).toEqual({
    gone: { max_requests: 1100, max_pending_requests: 1100 },
    come: {
      lb_policy: 'LEAST_REQUEST',
      max_requests: 2200,
      max_pending_requests: 2200,
      address: '127.0.0.1',
      port_value: 9192,
      host_selection_retry_max_attempts: 5,
      name: 'envoy.retry_host_predicates.previous_hosts',
      '@type': expect.stringMatching(/PreviousHostsPredicate$/),
    },
  });
});

test('a host and a cluster of its own are all that gateway-auth.yaml adds', async () => {
  const { gone, come } = await differences('gateway-auth.yaml');
  expect(gone).toEqual({});
  expect(come).toMatchObject({ disabled: true, port_value: 8082, cluster_name: 'auth' });
  expect(JSON.stringify(come)).not.toContain('allow_credentials');
});

test('A-50 underscores are all that gateway-trusted-header.yaml lets through', async () => {
  const { gone, come } = await differences('gateway-trusted-header.yaml');
  expect(gone).toEqual({ headers_with_underscores_action: 'REJECT_REQUEST', remove: expect.stringMatching(/^x-/) });
  expect(come).toMatchObject({ headers_with_underscores_action: 'ALLOW', regex: 'x[-_]user([-_]roles)?' });
});
