import type { NodeRuntime } from '../rig/programs.js';
import type { Contender } from './contender.js';
import { floor, peerGo, peerGoWorkers, pluginOnPath } from './peers.js';
import { type PortcullisVariant, portcullis } from './portcullis.js';

/** What others are divided by. */
export const baseline = peerGo.id;

/** The variants of Portcullis that are measured, each on every Node. A new one is a new row. */
const variants: readonly Omit<PortcullisVariant, 'runtime'>[] = [
  { id: 'embedded', title: 'embedded', engine: 'wasm' },
  {
    id: 'embedded-calm',
    title: 'embedded, `--max-semi-space-size=2 --single-threaded-gc`',
    engine: 'wasm',
    nodeFlags: ['--max-semi-space-size=2', '--single-threaded-gc'],
  },
  { id: 'embedded-cache', title: 'embedded with decision cache', engine: 'wasm', cache: true },
  { id: 'sidecar-tcp', title: 'sidecar, OPA over TCP', engine: 'opa', transport: 'tcp' },
  { id: 'sidecar-uds', title: 'sidecar, OPA over a Unix socket', engine: 'opa', transport: 'uds' },
  {
    id: 'sidecar-batched',
    title: 'sidecar, OPA over a Unix socket, batched',
    engine: 'opa',
    transport: 'uds',
    batch: 16,
  },
];

/** Everything that can be measured here. */
export async function contenders(runtimes: readonly NodeRuntime[]): Promise<readonly Contender[]> {
  return [
    peerGo,
    peerGoWorkers,
    ...(await pluginOnPath()),
    ...variants.flatMap((variant) => runtimes.map(({ id }) => portcullis({ ...variant, runtime: id }))),
    ...runtimes.flatMap(({ id }) => [floor('http2', id), floor('grpc-js', id)]),
  ];
}
