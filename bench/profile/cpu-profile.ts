/** What `node --cpu-prof` writes, as far as it is used here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds between one sample and the next. */
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** A function, the time spent in itself in microseconds, and the stage that the time belongs to. */
export interface FunctionTime {
  readonly name: string;
  readonly place: string;
  readonly stage: string;
  readonly self: number;
}

/** Tells the stage of a frame by itself; undefined if it works for whoever calls it. */
export type StageOf = (functionName: string, url: string) => string | undefined;

const callerUnknown = 'other';

/** The part of a profile that its last seconds make up, without what a program does until it is in its steady state. */
export function lastSeconds(profile: CpuProfile, seconds: number): CpuProfile {
  let first = profile.samples.length;
  for (let time = 0; first > 0 && time < seconds * 1e6; first -= 1) time += profile.timeDeltas[first - 1] ?? 0;
  return { ...profile, samples: profile.samples.slice(first), timeDeltas: profile.timeDeltas.slice(first) };
}

/**
 * Self times by function and stage. What has no stage of its own, such as the decoding of text in Node, counts for the
 * stage of the nearest caller that has one.
 */
export function functionTimes(profile: CpuProfile, stageOf: StageOf): readonly FunctionTime[] {
  const self = new Map<number, number>();
  for (const [index, id] of profile.samples.entries()) {
    self.set(id, (self.get(id) ?? 0) + (profile.timeDeltas[index] ?? 0));
  }
  const stages = stagesByNode(profile.nodes, stageOf);
  const totals = new Map<string, FunctionTime>();
  for (const { callFrame, id } of profile.nodes) {
    const time = self.get(id) ?? 0;
    if (time === 0) continue;
    const name = callFrame.functionName || '(anonymous)';
    const place = `${shortUrl(callFrame.url)}${callFrame.url ? `:${callFrame.lineNumber + 1}` : ''}`;
    const stage = stages.get(id) ?? callerUnknown;
    const key = `${name} ${place} ${stage}`;
    totals.set(key, { name, place, stage, self: (totals.get(key)?.self ?? 0) + time });
  }
  return [...totals.values()].sort((one, other) => other.self - one.self);
}

function stagesByNode(nodes: readonly ProfileNode[], stageOf: StageOf): ReadonlyMap<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const stages = new Map<number, string>();
  const [root] = nodes;
  const open = root === undefined ? [] : [{ node: root, inherited: callerUnknown }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { functionName, url } = next.node.callFrame;
    const stage = stageOf(functionName, url) ?? next.inherited;
    stages.set(next.node.id, stage);
    for (const id of next.node.children ?? []) {
      const node = byId.get(id);
      if (node !== undefined) open.push({ node, inherited: stage });
    }
  }
  return stages;
}

function shortUrl(url: string): string {
  return url.replace(/^.*\/(dist|node_modules)\//, '').replace(/^wasm:.*/, 'wasm');
}
