import type { Figures } from '../measure/figures.js';
import { spread } from '../measure/statistics.js';
import type { Results } from '../suites/results.js';
import { envoyAlone } from '../suites/through-envoy.js';
import { missing, numberText, table } from './format.js';
import { titleOf } from './titles.js';

/** Above this share of requests that were refused or not answered, percentiles of the others would flatter. */
const mostUndecided = 0.01;

export function latencies(results: Results, figures: Figures): string {
  const ids = Object.keys(results.titles.shapes).filter((id) => {
    return id.startsWith('open-') && figures.contenders('gateway', id).length > 0;
  });
  return ids
    .map((shape) => {
      const rows = figures
        .contenders('gateway', shape)
        .map((id) => [titleOf(results, id), ...latencyCells(figures, 'gateway', shape, id)]);
      return `## Latency at ${results.titles.shapes[shape]}\n\n${table(['milliseconds', 'p50', 'p90', 'p99', 'p99.9', 'not decided'], rows)}`;
    })
    .join('\n\n');
}

/** The percentiles, and the share of requests that were not decided; where that is more than a few, no percentiles. */
function latencyCells(figures: Figures, workload: string, shape: string, contender: string): readonly string[] {
  const keys = ['p50', 'p90', 'p99', 'p999'] as const;
  const failed = figures.of(workload, shape, contender, ({ failed }) => failed)?.median ?? 0;
  const kept = failed <= mostUndecided;
  const cells = keys.map((key) => figures.of(workload, shape, contender, ({ latency }) => latency[key])?.median);
  return [...cells.map((cell) => (kept ? numberText(cell, 2) : missing)), `${(failed * 100).toFixed(1)} %`];
}

export function throughEnvoy(results: Results, figures: Figures): string {
  const contenders = figures.contenders('through-envoy', 'open-1000');
  if (contenders.length === 0) return '';
  const alone = figures.get('through-envoy', 'open-1000', envoyAlone)?.windows ?? [];
  const keys = ['p50', 'p90', 'p99', 'p999'] as const;
  const rows = contenders.map((id) => {
    const windows = figures.get('through-envoy', 'open-1000', id)?.windows ?? [];
    const cells = keys.map((key) => {
      const added = windows.map(({ latency }, round) => latency[key] - (alone[round]?.latency[key] ?? Number.NaN));
      return numberText(spread(id === envoyAlone ? windows.map(({ latency }) => latency[key]) : added).median, 2);
    });
    return [id === envoyAlone ? 'Envoy alone, its own latency' : titleOf(results, id), ...cells];
  });
  return `## Added latency through Envoy at 1,000 requests a second\n\n${table(['milliseconds', 'p50', 'p90', 'p99', 'p99.9'], rows)}`;
}
