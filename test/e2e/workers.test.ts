import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import type { EnvoyConfig } from '../../scripts/demo/envoy-config.js';
import { startBackend } from '../support/backend-server.js';
import { startEnvoy } from '../support/envoy-server.js';
import { eventually } from '../support/eventually.js';
import { send } from '../support/http.js';
import { repository, startPortcullis } from '../support/portcullis-server.js';
import { printLogsOnFailure, temporaryFolder } from '../support/process.js';

interface Worker {
  readonly pid: number;
  readonly restarts: number;
  readonly state: string;
}

/** Two workers on Unix sockets behind the shipped Envoy configuration for workers. */
async function startGateway() {
  const folder = await temporaryFolder();
  onTestFinished(() => folder.remove());
  const backend = await startBackend();
  onTestFinished(() => backend.stop());
  const portcullis = await startPortcullis({
    grpcAddress: `unix://${join(folder.path, 'check-{worker}.sock')}`,
    config: { workers: { count: 2 } },
  });
  onTestFinished(async () => void (await portcullis.stop()));
  const config = parse(await readFile(join(repository, 'envoy', 'gateway-workers.yaml'), 'utf8')) as EnvoyConfig;
  const envoy = await startEnvoy({
    config,
    clusters: { backend: backend.address },
    change: (copy) => {
      const cluster = copy.static_resources.clusters?.find(({ name }) => name === 'portcullis');
      for (const { lb_endpoints } of cluster?.load_assignment.endpoints ?? []) {
        for (const [worker, { endpoint }] of lb_endpoints.entries()) {
          endpoint.address = { pipe: { path: join(folder.path, `check-${worker}.sock`) } };
        }
      }
    },
  });
  onTestFinished(() => envoy.stop());
  const workers = async () => {
    const page = await fetch(`${portcullis.adminUrl}/status`);
    return ((await page.json()) as { workers: Worker[] }).workers;
  };
  return { envoy, portcullis, workers };
}

printLogsOnFailure();

test('Envoy asks both workers; one is killed, and every request is still decided', async () => {
  const { envoy, portcullis, workers } = await startGateway();
  const answered = async (worker: number) => {
    const line = new RegExp(
      `^portcullis_checks_total\\{outcome="allow",reason="policy",worker="${worker}"\\} (\\d+)$`,
      'm',
    );
    return Number(line.exec(await portcullis.metrics())?.[1] ?? 0);
  };
  await eventually(async () => {
    expect((await send(envoy.url, '/cars')).status).toBe(200);
    expect([(await answered(0)) > 0, (await answered(1)) > 0]).toEqual([true, true]);
  });

  const [victim] = await workers();
  const statuses: number[] = [];
  let over = false;
  const traffic = (async () => {
    while (!over) statuses.push((await send(envoy.url, '/cars')).status);
  })();
  process.kill((victim as Worker).pid, 'SIGKILL');
  await eventually(async () => expect((await workers())[0]).toMatchObject({ restarts: 1, state: 'ready' }), {
    within: 20_000,
  });
  over = true;
  await traffic;
  // 429 is the rate limit, which comes before the check.
  expect(new Set(statuses.filter((status) => status !== 429))).toEqual(new Set([200]));

  const before = await answered(0);
  await eventually(
    async () => {
      await send(envoy.url, '/cars');
      expect(await answered(0)).toBeGreaterThan(before);
    },
    { within: 10_000 },
  );
});
