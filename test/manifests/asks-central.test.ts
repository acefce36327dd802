import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { EnvoyConfig } from '../../scripts/demo/envoy-config.js';
import { type BackendServer, startBackend } from '../support/backend-server.js';
import { type EnvoyServer, startEnvoy } from '../support/envoy-server.js';
import { eventually } from '../support/eventually.js';
import { type FaultyHop, startFaultyHop } from '../support/faulty-hop.js';
import { send } from '../support/http.js';
import { type PortcullisServer, repository, startPortcullis } from '../support/portcullis-server.js';
import { printLogsOnFailure } from '../support/process.js';

// The Envoy of k8s/components/asks-central in front of two Portcullis, each behind a hop that can fall silent as
// the network does where a node is gone: nothing refuses, nothing answers.

const config = join(repository, 'k8s', 'components', 'asks-central', 'config', 'envoy.yaml');
let backend: BackendServer;
let checkers: readonly PortcullisServer[];
let hops: readonly FaultyHop[];

printLogsOnFailure();
beforeAll(async () => {
  backend = await startBackend();
  checkers = await Promise.all([startPortcullis(), startPortcullis()]);
  hops = await Promise.all(checkers.map(({ grpcAddress }) => startFaultyHop(Number(grpcAddress.split(':')[1]))));
});
afterAll(async () => {
  for (const part of [...(hops ?? []), ...(checkers ?? []), backend]) await part?.stop();
});

/** Knows both Portcullis at addresses of its own instead of by the name of the Service, and has no listener for probes. */
async function startGateway(): Promise<EnvoyServer> {
  const change = ({ static_resources: resources }: EnvoyConfig) => {
    resources.listeners?.splice(1);
    const cluster = resources.clusters?.find(({ name }) => name === 'portcullis');
    const endpoints = hops.map(({ port }) => ({
      endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } },
    }));
    Object.assign(cluster ?? {}, { type: 'STATIC' });
    Object.assign(cluster?.load_assignment ?? {}, { endpoints: [{ lb_endpoints: endpoints }] });
  };
  const envoy = await startEnvoy({ config, change, clusters: { backend: backend.address } });
  onTestFinished(() => envoy.stop());
  await eventually(async () => {
    expect(await envoy.stats(/cluster\.portcullis\.membership_healthy/)).toEqual({
      'cluster.portcullis.membership_healthy': 2,
    });
  });
  return envoy;
}

describe('k8s/components/asks-central', () => {
  test('a Portcullis that vanishes without a word costs no request: another one is asked', async () => {
    const [first] = hops;
    if (first === undefined) throw new Error('there is no hop');
    const envoy = await startGateway();
    expect((await send(envoy.url, '/cars')).status).toBe(200);
    first.fault = 'silent';
    onTestFinished(() => {
      first.fault = 'none';
    });
    const seen = await Promise.all(Array.from({ length: 8 }, () => send(envoy.url, '/cars')));
    expect(seen.map(({ status }) => status)).toEqual(seen.map(() => 200));
    const stats = await envoy.stats(/cluster\.portcullis\.upstream_rq_per_try_timeout/);
    expect(stats['cluster.portcullis.upstream_rq_per_try_timeout']).toBeGreaterThan(0);
  });

  test('when all of them do, nobody passes', async () => {
    const envoy = await startGateway();
    for (const hop of hops) hop.fault = 'silent';
    onTestFinished(() => {
      for (const hop of hops) hop.fault = 'none';
    });
    const begun = performance.now();
    expect((await send(envoy.url, '/cars')).status).toBe(503);
    // The half second that the file says, and what a busy machine adds.
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});
