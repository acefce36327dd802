import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { splitAddress } from '../../scripts/demo/address.js';
import { findTool } from '../../scripts/tools/find-tool.js';
import { freeAddress } from '../../test/support/ports.js';
import type { Contender, Rig, Running } from '../contenders/contender.js';
import { inArena, openLoop } from '../measure/arena.js';
import { type Effort, type Figure, measureRounds, warmUp } from '../measure/rounds.js';
import { workshopFolder } from '../rig/places.js';
import { startServer } from '../rig/server-process.js';
import { createRandom, hexText } from '../workloads/random.js';
import { workloads } from '../workloads/table.js';
import type { Workload } from '../workloads/workload.js';

/** What the figures of Envoy without a check are called. */
export const envoyAlone = 'envoy-alone';

const requestsPerSecond = 1_000;

/**
 * Measures requests through one Envoy that answers them itself: on one listener without a check, on the others with a
 * check by one contender each. What a contender adds is the difference.
 */
export async function throughEnvoy(
  rig: Rig,
  contenders: readonly Contender[],
  effort: Effort,
): Promise<readonly Figure[]> {
  return inArena(rig, contenders, workloads.gateway, effort, async (checking) => {
    const listeners = await Promise.all(
      [alone, ...checking].map(async (running) => ({ running, address: await freeAddress() })),
    );
    const folder = await mkdtemp(join(await workshopFolder('run'), 'envoy-'));
    const config = join(folder, 'envoy.json');
    await writeFile(config, JSON.stringify(envoyConfig(listeners, await freeAddress())));
    const envoy = startServer({
      name: 'envoy',
      program: await findTool('envoy'),
      args: ['--config-path', config, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'error'],
      core: rig.cores.load,
    });
    try {
      const running = listeners.map((listener) => ({ ...listener.running, address: listener.address }));
      const options = { rig, running, workload: gatewayCalls, shape: openLoop(requestsPerSecond), effort };
      await untilListening(rig, running, envoy.lastWords);
      await warmUp(options);
      return await measureRounds(options);
    } finally {
      await envoy.stop();
    }
  });
}

const alone: Running = {
  contender: {
    id: envoyAlone,
    title: 'Envoy alone',
    decides: false,
    start: () => Promise.reject(new Error('not a server')),
  },
  address: '',
  processes: [],
  stop: () => Promise.resolve(),
};

async function untilListening(rig: Rig, running: readonly Running[], words: () => string): Promise<void> {
  const giveUpAt = Date.now() + 20_000;
  const effort = { rounds: 1, seconds: 0.1, warmup: 0.1, attempts: 1, patience: 0 };
  for (;;) {
    try {
      return await warmUp({ rig, running, workload: gatewayCalls, shape: openLoop(100), effort });
    } catch (error) {
      if (Date.now() > giveUpAt) throw new Error(`Envoy does not answer\n${words()}`, { cause: error });
    }
    await wait(100);
  }
}

/** Plain HTTP requests that the gateway's policy lets through. */
export const gatewayCalls: Workload = {
  id: 'through-envoy',
  title: 'requests through Envoy, gateway policy',
  policy: workloads.gateway.policy,
  messages: () => Promise.resolve([]),
  requestFile: async () => {
    const random = createRandom(11);
    const requests = Array.from({ length: 256 }, (_, number) => ({
      headers: [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':authority', 'api.example.com'],
        [':path', `/cars/car-${number}`],
        ['accept', 'application/json'],
        ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0'],
        ['cookie', `session=${hexText(random, 64)}`],
      ],
    }));
    const file = join(await workshopFolder('requests'), 'through-envoy.json');
    await writeFile(file, JSON.stringify({ kind: 'http', headers: [], requests }));
    return file;
  },
};

interface Listener {
  readonly running: Running;
  readonly address: string;
}

function envoyConfig(listeners: readonly Listener[], admin: string): object {
  const checked = listeners.filter(({ running }) => running !== alone);
  return {
    admin: { address: socketAddress(admin) },
    static_resources: {
      listeners: listeners.map(({ address, running }) => ({
        name: running.contender.id,
        address: socketAddress(address),
        filter_chains: [{ filters: [connectionManager(running === alone ? undefined : running.contender.id)] }],
      })),
      clusters: checked.map(({ running }) => ({
        name: running.contender.id,
        type: 'STATIC',
        typed_extension_protocol_options: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
            '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
            explicit_http_config: { http2_protocol_options: {} },
          },
        },
        load_assignment: {
          cluster_name: running.contender.id,
          endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(running.address) } }] }],
        },
      })),
    },
  };
}

function connectionManager(cluster: string | undefined): object {
  const route = { match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'ok' } } };
  const filters = [...(cluster === undefined ? [] : [extAuthz(cluster)]), router];
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
      stat_prefix: 'bench',
      http_filters: filters,
      route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route] }] },
    },
  };
}

function extAuthz(cluster: string): object {
  return {
    name: 'envoy.filters.http.ext_authz',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz',
      transport_api_version: 'V3',
      // The cluster's name would be the authority, and HTTP/2 in Node refuses one with a slash.
      grpc_service: { envoy_grpc: { cluster_name: cluster, authority: 'portcullis' }, timeout: '1s' },
    },
  };
}

const router = {
  name: 'envoy.filters.http.router',
  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
};

function socketAddress(text: string): object {
  const { host, port } = splitAddress(text);
  return { socket_address: { address: host, port_value: port } };
}
