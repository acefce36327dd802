import { baseline } from '../contenders/table.js';
import { cpuPerCheck, Figures, type Measure, rate } from '../measure/figures.js';
import { spread } from '../measure/statistics.js';
import type { Results } from '../suites/results.js';
import { envoyAlone } from '../suites/through-envoy.js';
import { numberText, ratioText } from './format.js';
import type { SoakResult } from './soak-result.js';

/** One line of the list of what is to be reached. */
export interface Target {
  readonly what: string;
  readonly target: string;
  /** Undefined where nothing has been measured. */
  readonly parts: readonly (Reached | undefined)[];
  /** The contender whose profile shows what bounds it, without its Node. */
  readonly profile?: string;
  /** What would be tried next, if it is not reached. */
  readonly next: string;
}

export interface Reached {
  readonly text: string;
  readonly reached: boolean;
}

/** Every target with what was reached. */
export function targets(results: Results, soak: SoakResult | undefined): readonly Target[] {
  const figures = new Figures(results.figures);
  const against = (workload: string, shape: string, contender: string, least: number): Reached | undefined => {
    const ratio = figures.ratio(workload, shape, contender, baseline, rate);
    return ratio && { text: `${nodeOf(contender)}${ratioText(ratio)}`, reached: ratio.median >= least };
  };
  const atMost = (workload: string, shape: string, contender: string, measure: Measure): Reached | undefined => {
    const own = figures.of(workload, shape, contender, measure);
    const other = figures.of(workload, shape, baseline, measure);
    if (own === undefined || other === undefined) return undefined;
    const text = `${nodeOf(contender)}${numberText(own.median, 2)} ms against ${numberText(other.median, 2)} ms`;
    return { text, reached: own.median <= other.median };
  };
  const half = figures.all().find(({ shape }) => shape.startsWith('open-') && shape !== 'open-1000')?.shape ?? '';
  const embedded = ['embedded/node26', 'embedded/node20'];
  return [
    {
      what: 'embedded, gateway policy, 4 connections × 16 streams, one core, against the Go baseline',
      target: '≥ 4× on Node 26, ≥ 3× on Node 20',
      parts: [against('gateway', '4x16', 'embedded/node26', 4), against('gateway', '4x16', 'embedded/node20', 3)],
      profile: 'embedded',
      next: 'evaluate the plan of the policy as JavaScript, without the way into WebAssembly and back',
    },
    {
      what: 'the same, 50 connections × 1 stream',
      target: '≥ 2.5× on Node 26',
      parts: [against('gateway', '50x1', 'embedded/node26', 2.5)],
      profile: 'embedded',
      next: 'the trailers in the write of the message: Node sends them in one of their own, a turn later, and offers no other way',
    },
    {
      what: 'embedded with decision cache, 90 % hits',
      target: '≥ 5×',
      parts: [against('gateway-repeated', '4x16', 'embedded-cache/node26', 5)],
      profile: 'embedded',
      next: 'a hit still reads the whole message and builds the input: take from the wire only what the key needs',
    },
    {
      what: 'sidecar (Portcullis and OPA on one core together)',
      target: '≥ 1.5×',
      parts: sidecars(figures).map((contender) => against('gateway', '4x16', contender, 1.5)),
      profile: 'sidecar-batched-read',
      next: 'less garbage in Node while checks wait for OPA. OPA alone takes 83 µs of the core for a check at best (batches of 64, sent what the policy reads; 62 with `GOGC=400`), seven tenths of it the evaluation: with what the embedded engine takes without its policy, some 45 µs, that bounds a sidecar at 1.7 times the Go baseline (2.0 times)',
    },
    {
      what: 'p99 at half of the highest rate of the Go baseline',
      target: '≤ the Go baseline',
      parts: embedded.map((contender) => atMost('gateway', half, contender, ({ latency }) => latency.p99)),
      next: 'fewer and shorter collections of garbage: less allocated for each check, a small young generation',
    },
    {
      what: 'added latency through Envoy at 1,000 requests/s, p99',
      target: '≤ the Go baseline',
      parts: embedded.map((contender) => addedLatency(figures, contender)),
      next: 'as for p99 at half of the rate; on a quiet machine the difference is that of single collections',
    },
    {
      what: 'serial latency (one at a time), embedded, median',
      target: '≤ the Go baseline',
      parts: embedded.map((contender) => atMost('gateway', '1x1', contender, ({ latency }) => latency.p50)),
      next: 'fewer turns of the event loop between the bytes of a check and its answer; a Unix socket to Envoy saves a fifth',
    },
    {
      what: 'two workers against one, each with an equal share of a core',
      target: '≥ 1.8×',
      parts: [workersPart(figures)],
      next: 'find what the two share; nothing of ours is shared but the supervisor, which answers no checks',
    },
    {
      what: 'memory of one process at load, and growth in a long run at full load',
      target: '≤ 120 MB, no growth',
      parts: [...embedded.map((contender) => loadedMemory(results, contender)), soakPart(soak)],
      next: 'streams of HTTP/2 that hold less for each check, since what they hold outlives the young generation',
    },
    {
      what: '1,000 route rules against 10, in the recommended form',
      target: '≤ 1.5× the time per check',
      parts: embedded.map((contender) => growth(figures, contender)),
      profile: 'embedded',
      next: 'look-ups in data that do not read what lies beside',
    },
  ];
}

function sidecars(figures: Figures): readonly string[] {
  return figures.contenders('gateway', '4x16').filter((id) => /^sidecar.*(uds|batched).*\/node26$/.test(id));
}

function nodeOf(contender: string): string {
  const [variant, node] = contender.split('/');
  const version = node?.replace('node', 'Node ') ?? '';
  return `${variant === 'embedded' || variant === 'embedded-cache' ? '' : `${variant}, `}${version}: `;
}

/** Of p99: what Envoy takes longer with a check than without, in the same round. */
function addedLatency(figures: Figures, contender: string): Reached | undefined {
  const added = (id: string) => {
    const own = figures.get('through-envoy', 'open-1000', id)?.windows;
    const alone = figures.get('through-envoy', 'open-1000', envoyAlone)?.windows;
    if (own === undefined || alone === undefined) return undefined;
    return spread(own.map(({ latency }, round) => latency.p99 - (alone[round]?.latency.p99 ?? Number.NaN))).median;
  };
  const own = added(contender);
  const other = added(baseline);
  if (own === undefined || other === undefined) return undefined;
  const text = `${nodeOf(contender)}${numberText(own, 2)} ms against ${numberText(other, 2)} ms`;
  return { text, reached: own <= other };
}

const mostMemory = 120;

function loadedMemory({ memory }: Results, contender: string): Reached | undefined {
  const found = memory.find((figure) => figure.contender === contender);
  if (found === undefined) return undefined;
  return { text: `${nodeOf(contender)}${numberText(found.loaded)} MB`, reached: found.loaded <= mostMemory };
}

function soakPart(soak: SoakResult | undefined): Reached | undefined {
  if (soak === undefined) return undefined;
  const { contender, growthPerHour, minutes } = soak;
  const text = `${nodeOf(contender)}${numberText(growthPerHour, 1)} MB an hour, seen over ${numberText(minutes)} minutes`;
  return { text, reached: !soak.grows };
}

function growth(figures: Figures, contender: string): Reached | undefined {
  const many = figures.of('table-1000', '4x16', contender, cpuPerCheck);
  const few = figures.of('table-10', '4x16', contender, cpuPerCheck);
  if (many === undefined || few === undefined) return undefined;
  const times = many.median / few.median;
  return { text: `${nodeOf(contender)}${numberText(times, 2)}×`, reached: times <= 1.5 };
}

function workersPart(figures: Figures): Reached | undefined {
  const two = figures.contenders('workers', '4x16').find((id) => id.startsWith('workers-2/'));
  if (two === undefined) return undefined;
  const ratio = figures.ratio('workers', '4x16', two, two.replace('workers-2', 'workers-1'), rate);
  return (
    ratio && {
      text: `${nodeOf(two.replace(/^workers-2/, 'embedded'))}${ratioText(ratio)}`,
      reached: ratio.median >= 1.8,
    }
  );
}
