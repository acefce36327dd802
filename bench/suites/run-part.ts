import type { Contender, Rig } from '../contenders/contender.js';
import { baseline, contenders } from '../contenders/table.js';
import { workersContender } from '../contenders/workers.js';
import { envoyShape, manyConnections, measureShapes, openLoop, serial } from '../measure/arena.js';
import type { Effort, Figure } from '../measure/rounds.js';
import { spread } from '../measure/statistics.js';
import type { Shape } from '../rig/load.js';
import { describeMachine } from '../rig/machine.js';
import { workloads } from '../workloads/table.js';
import type { Workload } from '../workloads/workload.js';
import { type OwnProfile, profileOwn } from './own-profile.js';
import { profilePeer } from './peer-profile.js';
import type { Results } from './results.js';
import { type MemoryFigure, measureMemory, measureStarts, type StartFigure } from './start-and-memory.js';
import { envoyAlone, gatewayCalls, throughEnvoy } from './through-envoy.js';
import { measureWorkers, sharedCore } from './workers.js';

/** The parts of a run, in their order. */
export const parts = ['shapes', 'workloads', 'latency', 'envoy', 'start', 'memory', 'workers', 'profile'] as const;
export type Part = (typeof parts)[number];

export interface RunOptions {
  readonly effort: Effort;
  /** What was found before. */
  readonly known: readonly Figure[];
  readonly progress: (text: string) => void;
}

/** Measures one part. */
export async function runPart(rig: Rig, part: Part, { effort, known, progress }: RunOptions): Promise<Results> {
  const all = await contenders(rig.runtimes);
  const newest = rig.runtimes.at(-1)?.id ?? '';
  const main = all.filter(({ id }) => isPeer(id) || id === `embedded/${newest}`);
  const deciding = all.filter(({ decides, id }) => decides && !secondary.test(id));
  const figures: Figure[] = [];
  const starts: StartFigure[] = [];
  let memory: readonly MemoryFigure[] = [];
  let peerProfile: string | undefined;
  let ownProfiles: readonly OwnProfile[] = [];
  const steps: Readonly<Record<Part, () => Promise<void>>> = {
    shapes: async () => {
      const shapes = [envoyShape, manyConnections, serial];
      figures.push(...(await measureShapes(rig, all, workloads.gateway, shapes, effort)));
    },
    workloads: async () => {
      const short = { ...effort, warmup: effort.warmup / 2, seconds: effort.seconds * 0.75 };
      for (const workload of furtherWorkloads) {
        progress(workload.title);
        const chosen = contendersFor(workload, all, main);
        figures.push(...(await measureShapes(rig, chosen, workload, [envoyShape], short)));
      }
    },
    latency: async () => {
      // The last percentiles are seen in long windows only.
      const long = { ...effort, seconds: effort.seconds * 2 };
      figures.push(...(await measureShapes(rig, deciding, workloads.gateway, latencyShapes(known), long)));
    },
    envoy: async () => {
      figures.push(...(await throughEnvoy(rig, deciding, { ...effort, seconds: effort.seconds * 2 })));
    },
    start: async () => {
      starts.push(...(await measureStarts(rig, deciding, workloads.gateway, effort.rounds)));
      for (const workload of [workloads.rules.at(-1), workloads.data.at(-1)]) {
        if (workload !== undefined) starts.push(...(await measureStarts(rig, main, workload, effort.rounds)));
      }
    },
    memory: async () => {
      memory = await measureMemory(rig, deciding, workloads.gateway, effort);
    },
    workers: async () => {
      figures.push(...(await measureWorkers(rig, effort)));
    },
    profile: async () => {
      peerProfile = await profilePeer(rig, 5);
      ownProfiles = await profileOwn(rig, 5);
    },
  };
  await steps[part]();
  const workers = [1, 2].map((count) => workersContender(count, newest));
  return {
    measuredAt: new Date().toISOString(),
    machine: await describeMachine(rig.cores, rig.runtimes),
    effort,
    titles: {
      contenders: { ...titlesOf([...all, ...workers]), [envoyAlone]: 'Envoy alone' },
      workloads: titlesOf([workloads.gateway, ...furtherWorkloads, gatewayCalls, sharedCore]),
      shapes: titlesOf([envoyShape, manyConnections, serial, ...latencyShapes(known)]),
    },
    figures,
    starts,
    memory,
    peerProfile,
    ownProfiles,
  };
}

function isPeer(id: string): boolean {
  return id === baseline || id === 'opa-envoy-plugin';
}

/** What is compared at full load only: nobody would run it, or it differs from others at full load alone. */
const secondary = /^(peer-go-workers|embedded-grpc-js|embedded-cache|sidecar-tcp)/;

/** Every workload is measured with the baseline and the embedded engine on the newest Node; some with more. */
function contendersFor(
  workload: Workload,
  all: readonly Contender[],
  main: readonly Contender[],
): readonly Contender[] {
  const onEveryNode = /^(gateway-repeated|table-)/.test(workload.id);
  const more = workload === workloads.gatewayRepeated ? /^embedded(-cache)?\// : /^embedded\//;
  return onEveryNode ? all.filter(({ id }) => isPeer(id) || more.test(id)) : main;
}

const furtherWorkloads: readonly Workload[] = [
  workloads.gatewayRepeated,
  workloads.gatewaySmall,
  workloads.gatewayLarge,
  workloads.body,
  workloads.constant,
  ...workloads.rules,
  ...workloads.tables,
  workloads.jwt,
  ...workloads.data,
  ...workloads.headers,
];

/** A thousand a second, and half of what the baseline has just been seen to make at most. */
function latencyShapes(figures: readonly Figure[]): readonly Shape[] {
  const most = figures.find(({ contender, shape, workload }) => {
    return contender === baseline && shape === envoyShape.id && workload === workloads.gateway.id;
  });
  const half = most === undefined ? [] : [openLoop(halfOf(most))];
  return [openLoop(1_000), ...half];
}

function halfOf({ windows }: Figure): number {
  return Math.round(spread(windows.map(({ rate }) => rate)).median / 200) * 100;
}

function titlesOf(list: readonly (Pick<Contender, 'id' | 'title'> | Shape | Workload)[]): Record<string, string> {
  return Object.fromEntries(list.map(({ id, title }) => [id, title]));
}
