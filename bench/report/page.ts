import { baseline } from '../contenders/table.js';
import { Figures, rate } from '../measure/figures.js';
import type { Results } from '../suites/results.js';
import { barChart } from './chart.js';
import { costs, starts } from './costs.js';
import { growth } from './growth.js';
import { latencies, throughEnvoy } from './latency.js';
import { head, method } from './method.js';
import { ownProfiles } from './own-profiles.js';
import { byWorkload, decisionCache, shapes, workers } from './rates.js';
import type { SoakResult } from './soak-result.js';
import { targets } from './targets.js';
import { targetsTable, unreached } from './targets-table.js';
import { titleOf } from './titles.js';

/** `docs/performance.md`. */
export function performancePage(results: Results, soak: SoakResult | undefined): string {
  const figures = new Figures(results.figures);
  const lines = targets(results, soak);
  const sections = [
    head(results),
    `## Targets\n\n${targetsTable(lines)}`,
    unreached(lines, results.ownProfiles ?? []),
    '![Checks a second against the Go baseline](performance.svg)',
    method(results),
    shapes(results, figures),
    byWorkload(results, figures),
    growth(figures, baseline),
    decisionCache(results, figures),
    workers(results, figures),
    latencies(results, figures),
    throughEnvoy(results, figures),
    costs(results, figures),
    starts(results),
    ownProfiles(results.ownProfiles ?? []),
    peerProfile(results),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** `docs/performance.svg`. */
export function performanceChart(results: Results): string {
  const figures = new Figures(results.figures);
  const bars = figures.contenders('gateway', '4x16').flatMap((contender) => {
    const value = figures.ratio('gateway', '4x16', contender, baseline, rate);
    return value === undefined
      ? []
      : [
          {
            label: titleOf(results, contender).replaceAll('`', ''),
            value,
            emphasis: contender.startsWith('embedded/'),
          },
        ];
  });
  const title = 'Checks a second against the Go baseline: gateway policy, 4 connections × 16 streams, one core';
  return barChart(title, bars, (value) => `${value.toFixed(2)}×`);
}

function peerProfile({ peerProfile }: Results): string {
  if (peerProfile === undefined) return '';
  return `## Where the Go baseline spends its time\n\n\`\`\`text\n${peerProfile}\n\`\`\``;
}
