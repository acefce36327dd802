import { parseArgs } from 'node:util';
import { allocatedPerCheck } from './allocations/allocations.js';
import type { Rig } from './contenders/contender.js';
import { contenders } from './contenders/table.js';
import { envoyShape, manyConnections, measureShapes } from './measure/arena.js';
import { cpuPerCheck } from './measure/figures.js';
import type { Figure } from './measure/rounds.js';
import { quantile, ratios } from './measure/statistics.js';
import { type RatioThreshold, readThresholds, type Threshold, writeThresholds } from './report/thresholds.js';
import { prepareRig } from './rig/rig.js';
import { workloads } from './workloads/table.js';

const usage = `npm run bench:check -- [--record]

Measures a small set side by side and fails when something costs more than bench/thresholds.json allows: in three of four
rounds, and again when it is measured a second time, so that noise alone does not. Processor time is compared and not
elapsed time, which a busy machine stretches.
  --record   keep what is measured now, with some room, as the thresholds`;

/** How much more than what was recorded is allowed. */
const room = { cpuPerCheck: 1.3, allocatedBytes: 1.1 };

/** The lowest quarter of the rounds, the middle and what is allowed. */
interface Outcome {
  readonly what: string;
  readonly low: number;
  readonly median: number;
  readonly threshold: Threshold;
}

const { values } = parseArgs({ options: { record: { type: 'boolean', default: false }, help: { type: 'boolean' } } });

async function check(): Promise<void> {
  const rig = await prepareRig({ everyNode: false });
  const thresholds = await readThresholds();
  const first = await compare(rig, thresholds);
  if (values.record) return record(first);
  const suspects = first.filter(isExceeded).map(({ threshold }) => threshold);
  if (suspects.length === 0) return;
  console.log('once more, because of what failed');
  const again = await compare(rig, suspects);
  if (again.some(isExceeded)) process.exitCode = 1;
}

/** Measures everything and prints it. */
async function compare(rig: Rig, thresholds: readonly Threshold[]): Promise<readonly Outcome[]> {
  const current = rig.runtimes[0]?.id ?? '';
  const watched = [`embedded/${current}`, `sidecar-uds/${current}`, `floor-grpc-js/${current}`, 'peer-go'];
  const chosen = (await contenders(rig.runtimes)).filter(({ id }) => watched.includes(id));
  const effort = { rounds: 8, seconds: 1, warmup: 5, attempts: 1, patience: 0 };
  const shapes = [envoyShape, manyConnections];
  const figures = await measureShapes(rig, chosen, workloads.gateway, shapes, effort);
  const allocated = await allocatedPerCheck(rig.main);
  const outcomes = thresholds.map((threshold) => outcome(threshold, figures, current, allocated));
  for (const one of outcomes) {
    const { low, median, threshold, what } = one;
    const verdict = isExceeded(one) ? 'FAILED' : 'ok';
    console.log(
      `${verdict.padEnd(7)}${what}: ${text(median)} (lower quarter ${text(low)}, at most ${threshold.atMost})`,
    );
  }
  return outcomes;
}

function isExceeded({ low, threshold }: Outcome): boolean {
  return low > threshold.atMost;
}

function outcome(threshold: Threshold, figures: readonly Figure[], node: string, allocated: number): Outcome {
  if (threshold.measure === 'allocatedBytes') {
    return { what: 'bytes allocated for each embedded check', low: allocated, median: allocated, threshold };
  }
  const { against, contender, shape, workload } = threshold;
  const sorted = [...cpuRatios(threshold, figures, node)].sort((one, other) => one - other);
  const what = `processor time of ${contender} against ${against}, ${workload}, ${shape}`;
  return { what, low: quantile(sorted, 0.25), median: quantile(sorted, 0.5), threshold };
}

function cpuRatios(threshold: RatioThreshold, figures: readonly Figure[], node: string): readonly number[] {
  const of = (contender: string) => {
    const found = figures.find((figure) => {
      const sameContender = figure.contender === contender || figure.contender === `${contender}/${node}`;
      return sameContender && figure.workload === threshold.workload && figure.shape === threshold.shape;
    });
    if (found === undefined) throw new Error(`bench/thresholds.json: ${contender} is not measured with that`);
    return found.windows.map(cpuPerCheck);
  };
  return ratios(of(threshold.contender), of(threshold.against));
}

async function record(outcomes: readonly Outcome[]): Promise<void> {
  const recorded = outcomes.map(({ median, threshold }) => {
    return { ...threshold, atMost: Number((median * room[threshold.measure]).toPrecision(3)) };
  });
  await writeThresholds(recorded);
  console.log('bench/thresholds.json has been written');
}

function text(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

if (values.help) console.log(usage);
else await check();
