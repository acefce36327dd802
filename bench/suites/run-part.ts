import type { Contender, Rig } from '../contenders/contender.js';
import { baseline, contenders } from '../contenders/table.js';
import { envoyShape, manyConnections, measureShapes, openLoop, serial } from '../measure/arena.js';
import type { Effort, Figure } from '../measure/rounds.js';
import { spread } from '../measure/statistics.js';
import type { Shape } from '../rig/load.js';
import { describeMachine } from '../rig/machine.js';
import { workloads } from '../workloads/table.js';
import type { Workload } from '../workloads/workload.js';
import { profilePeer } from './peer-profile.js';
import type { Results } from './results.js';
import { type MemoryFigure, measureMemory, measureStarts, type StartFigure } from './start-and-memory.js';
import { envoyAlone, gatewayCalls, throughEnvoy } from './through-envoy.js';

/** The parts of a run, in their order. */
export const parts = ['shapes', 'workloads', 'latency', 'envoy', 'start', 'memory', 'profile'] as const;
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
  const main = all.filter(({ id }) => isMain(id));
  const figures: Figure[] = [];
  const starts: StartFigure[] = [];
  let memory: readonly MemoryFigure[] = [];
  let peerProfile: string | undefined;
  const steps: Readonly<Record<Part, () => Promise<void>>> = {
    shapes: async () => {
      const shapes = [envoyShape, manyConnections, serial];
      figures.push(...(await measureShapes(rig, all, workloads.gateway, shapes, effort)));
    },
    workloads: async () => {
      const repeating = all.filter(({ id }) => isMain(id) || id.startsWith('embedded-cache/'));
      progress(`${workloads.gatewayRepeated.title}`);
      figures.push(...(await measureShapes(rig, repeating, workloads.gatewayRepeated, [envoyShape], effort)));
      for (const workload of furtherWorkloads) {
        progress(`${workload.title}`);
        figures.push(...(await measureShapes(rig, main, workload, [envoyShape], effort)));
      }
    },
    latency: async () => {
      const shapes = latencyShapes(known);
      const deciding = all.filter(({ decides }) => decides);
      figures.push(...(await measureShapes(rig, deciding, workloads.gateway, shapes, effort)));
    },
    envoy: async () => {
      figures.push(
        ...(await throughEnvoy(
          rig,
          all.filter(({ decides }) => decides),
          effort,
        )),
      );
    },
    start: async () => {
      const deciding = all.filter(({ decides }) => decides);
      starts.push(...(await measureStarts(rig, deciding, workloads.gateway, effort.rounds)));
      starts.push(...(await measureStarts(rig, main, workloads.rules.at(-1) ?? workloads.gateway, effort.rounds)));
      starts.push(...(await measureStarts(rig, main, workloads.data.at(-1) ?? workloads.gateway, effort.rounds)));
    },
    memory: async () => {
      memory = await measureMemory(rig, all, workloads.gateway, effort);
    },
    profile: async () => {
      peerProfile = await profilePeer(rig, 5);
    },
  };
  await steps[part]();
  return {
    measuredAt: new Date().toISOString(),
    machine: await describeMachine(rig.cores, rig.runtimes),
    effort,
    titles: {
      contenders: { ...titlesOf(all), [envoyAlone]: 'Envoy alone' },
      workloads: titlesOf([workloads.gateway, workloads.gatewayRepeated, ...furtherWorkloads, gatewayCalls]),
      shapes: titlesOf([envoyShape, manyConnections, serial, ...latencyShapes(known)]),
    },
    figures,
    starts,
    memory,
    peerProfile,
  };
}

function isMain(id: string): boolean {
  return id === baseline || id === 'opa-envoy-plugin' || id.startsWith('embedded/');
}

const furtherWorkloads: readonly Workload[] = [
  workloads.gatewaySmall,
  workloads.gatewayLarge,
  workloads.body,
  workloads.constant,
  ...workloads.rules,
  ...workloads.tables,
  workloads.jwt,
  ...workloads.data,
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
