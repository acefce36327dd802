import type { NodeRuntime } from '../rig/programs.js';
import type { Contender } from './contender.js';
import { floor, peerGo, peerGoWorkers, pluginOnPath } from './peers.js';
import { type PortcullisVariant, portcullis } from './portcullis.js';

/** What others are divided by. */
export const baseline = peerGo.id;

/** A variant of Portcullis that is measured: on every Node, or on the newest alone. A new one is a new row. */
interface Row extends Omit<PortcullisVariant, 'runtime'> {
  readonly on: 'every' | 'newest';
}

const rows: readonly Row[] = [
  { id: 'embedded', title: 'embedded', engine: 'wasm', on: 'every' },
  {
    // What V8 does by itself, without src/cli/heap-options.ts: who gives an option decides about it.
    id: 'embedded-v8',
    title: "embedded, with V8's own heap options",
    engine: 'wasm',
    nodeFlags: [
      '--semi-space-growth-factor=2',
      '--heap-growing-percent=0',
      '--parallel-scavenge',
      '--parallel-compaction',
      '--parallel-pointer-update',
    ],
    on: 'every',
  },
  { id: 'embedded-grpc-js', title: 'embedded, on grpc-js', engine: 'wasm', server: 'grpc-js', on: 'newest' },
  { id: 'embedded-cache', title: 'embedded with decision cache', engine: 'wasm', cache: true, on: 'newest' },
  { id: 'sidecar-tcp', title: 'sidecar, OPA over TCP', engine: 'opa', transport: 'tcp', on: 'newest' },
  { id: 'sidecar-uds', title: 'sidecar, OPA over a Unix socket', engine: 'opa', transport: 'uds', on: 'newest' },
  {
    id: 'sidecar-batched',
    title: 'sidecar, OPA over a Unix socket, batched',
    engine: 'opa',
    transport: 'uds',
    batch: 64,
    on: 'newest',
  },
  {
    id: 'sidecar-batched-read',
    title: 'sidecar, OPA over a Unix socket, batched, sent what the policy reads',
    engine: 'opa',
    transport: 'uds',
    batch: 64,
    projection: true,
    on: 'newest',
  },
  {
    id: 'sidecar-batched-read-gogc',
    title: 'the same, OPA with `GOGC=400`',
    engine: 'opa',
    transport: 'uds',
    batch: 64,
    projection: true,
    opaEnv: { GOGC: '400' },
    on: 'newest',
  },
];

/** Everything that can be measured here. */
export async function contenders(runtimes: readonly NodeRuntime[]): Promise<readonly Contender[]> {
  return [
    peerGo,
    peerGoWorkers,
    ...(await pluginOnPath()),
    ...rows.flatMap(({ on, ...variant }) => {
      const chosen = on === 'every' ? runtimes : runtimes.slice(-1);
      return chosen.map(({ id }) => portcullis({ ...variant, runtime: id }));
    }),
    ...runtimes.map(({ id }) => floor('http2', id)),
    ...runtimes.slice(-1).map(({ id }) => floor('grpc-js', id)),
  ];
}
