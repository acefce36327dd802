import type { Figure } from '../../../bench/measure/rounds.js';
import type { Window } from '../../../bench/measure/window.js';
import type { Results } from '../../../bench/suites/results.js';

/** One figure with a window for each rate; latencies in milliseconds are the same in all. */
export function figure(
  [workload, shape, contender]: readonly [string, string, string],
  rates: readonly number[],
  rest: Partial<Window> = {},
): Figure {
  return { workload, shape, contender, windows: rates.map((rate) => window(rate, rest)) };
}

function window(rate: number, rest: Partial<Window>): Window {
  return {
    rate,
    latency: { mean: 1, p50: 1, p90: 2, p99: 3, p999: 4, max: 5 },
    outcomes: { allow: 1 },
    failed: 0,
    cpuPerCheck: 1e6 / rate,
    memory: 100,
    disturbed: 0,
    loadBusy: 0.5,
    ...rest,
  };
}

export function results(figures: readonly Figure[], rest: Partial<Results> = {}): Results {
  const titles = (key: 'contender' | 'workload' | 'shape') =>
    Object.fromEntries(figures.map((one) => [one[key], `title of ${one[key]}`]));
  return {
    measuredAt: '2026-10-01T12:00:00.000Z',
    machine: { processor: 'P', cores: 2, memory: 8, kernel: 'linux', placement: 'here', versions: { Go: '1' } },
    effort: { rounds: 3, seconds: 2, warmup: 3, attempts: 2, patience: 0 },
    titles: { contenders: titles('contender'), workloads: titles('workload'), shapes: titles('shape') },
    figures,
    starts: [],
    memory: [],
    peerProfile: undefined,
    ownProfiles: [],
    ...rest,
  };
}
