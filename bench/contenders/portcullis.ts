import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findTool } from '../../scripts/tools/find-tool.js';
import { freeAddress } from '../../test/support/ports.js';
import { workshopFolder } from '../rig/places.js';
import { type ServerProcess, startServer } from '../rig/server-process.js';
import type { Workload } from '../workloads/workload.js';
import type { Contender, Rig } from './contender.js';
import { untilAnswering } from './running.js';

export interface PortcullisVariant {
  /** The contender's id without the runtime, such as `embedded`. */
  readonly id: string;
  readonly title: string;
  /** `node20` or `node26`. */
  readonly runtime: string;
  readonly engine: 'wasm' | 'opa';
  /** From Portcullis to OPA. */
  readonly transport?: 'tcp' | 'uds';
  readonly nodeFlags?: readonly string[];
  /** What speaks gRPC, if not the default. */
  readonly server?: 'http2' | 'grpc-js';
  /** With the decision cache. Small, so that a workload can have misses without millions of requests. */
  readonly cache?: boolean;
  /** Checks in one request to OPA at most. */
  readonly batch?: number;
  /** OPA is sent what its policy reads. */
  readonly projection?: boolean;
  /** Environment of OPA, for what its Go runtime reads there. */
  readonly opaEnv?: Readonly<Record<string, string>>;
}

/** Portcullis with its defaults, in one of its variants. */
export function portcullis(variant: PortcullisVariant): Contender {
  const contender: Contender = {
    id: `${variant.id}/${variant.runtime}`,
    title: `${variant.title}, ${variant.runtime.replace('node', 'Node ')}`,
    decides: true,
    start: async (rig, workload) => {
      const { address, processes } = await startPortcullis(variant, rig, workload);
      return untilAnswering(contender, address, processes, workload);
    },
  };
  return contender;
}

async function startPortcullis(variant: PortcullisVariant, rig: Rig, workload: Workload) {
  const folder = await mkdtemp(join(await workshopFolder('run'), 'p-'));
  const address = await freeAddress();
  const processes: ServerProcess[] = [];
  let engine: object = { kind: 'wasm', wasm: { bundle: await workload.policy.wasmBundle() } };
  if (variant.engine === 'opa') {
    const place = variant.transport === 'uds' ? `unix://${join(folder, 'opa.sock')}` : await freeAddress();
    processes.push(await startOpa(place, variant, rig, workload));
    const url = variant.transport === 'uds' ? place : `http://${place}`;
    engine = { kind: 'opa', opa: { url, ...(await accelerating(variant, workload)) } };
  }
  const config = join(folder, 'portcullis.json');
  const sections = {
    grpc: { address, ...(variant.server && { server: variant.server }) },
    admin: { address: await freeAddress() },
    shutdown: { quiet_period: '0ms' },
    log: { level: 'error' },
    // As long as the checks themselves allow: the others have no limit of their own either.
    engine: { ...engine, timeout: '1s', ...(variant.cache && { cache: { enabled: true, max_entries: 1_000 } }) },
  };
  await writeFile(config, JSON.stringify(sections));
  processes.push(
    startServer({
      name: 'portcullis',
      program: programOf(rig, variant.runtime),
      args: [...(variant.nodeFlags ?? []), rig.main, 'serve', '--config', config],
      core: rig.cores.server,
    }),
  );
  return { address, processes };
}

async function accelerating({ batch, projection }: PortcullisVariant, { policy }: Workload): Promise<object> {
  if (batch === undefined && projection === undefined) return {};
  const bundle = await policy.regoBundle();
  return { bundle, ...(batch && { batch: { max_size: batch } }), ...(projection && { projection }) };
}

export function programOf(rig: Rig, runtime: string): string {
  const found = rig.runtimes.find(({ id }) => id === runtime);
  if (found === undefined) throw new Error(`there is no ${runtime} here`);
  return found.program;
}

async function startOpa(
  address: string,
  { opaEnv }: PortcullisVariant,
  rig: Rig,
  workload: Workload,
): Promise<ServerProcess> {
  const flags = ['--server', '--skip-version-check', '--log-level', 'error', '--addr', address];
  return startServer({
    name: 'opa',
    program: await findTool('opa'),
    args: ['run', ...flags, '--bundle', await workload.policy.regoBundle()],
    core: rig.cores.server,
    ...(opaEnv && { env: opaEnv }),
  });
}
