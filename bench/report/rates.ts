import { baseline } from '../contenders/table.js';
import { workerShare } from '../contenders/workers.js';
import { type Figures, rate } from '../measure/figures.js';
import type { Results } from '../suites/results.js';
import { numberText, ratioText, table } from './format.js';
import { titleOf } from './titles.js';

const repeated = 'gateway-repeated';

export function shapes(results: Results, figures: Figures): string {
  const ids = ['4x16', '50x1', '1x1'].filter((shape) => figures.contenders('gateway', shape).length > 0);
  if (ids.length === 0) return '';
  const head = [
    'gateway policy',
    ...ids.flatMap((id) => [`${results.titles.shapes[id]}: checks/s`, 'against the baseline']),
  ];
  const rows = figures
    .contenders('gateway', ids[0] ?? '')
    .map((contender) => [
      titleOf(results, contender),
      ...ids.flatMap((shape) => [
        numberText(figures.of('gateway', shape, contender, rate)?.median),
        ratioText(figures.ratio('gateway', shape, contender, baseline, rate)),
      ]),
    ]);
  return `## Checks a second\n\n${table(head, rows)}`;
}

export function byWorkload(results: Results, figures: Figures): string {
  const ids = Object.keys(results.titles.workloads).filter((id) => {
    return id !== repeated && figures.get(id, '4x16', baseline) !== undefined;
  });
  if (ids.length < 2) return '';
  const contenders = [...new Set(ids.flatMap((id) => figures.contenders(id, '4x16')))].filter((id) => {
    return ids.filter((workload) => figures.get(workload, '4x16', id) !== undefined).length > ids.length / 2;
  });
  const others = contenders.filter((id) => id !== baseline);
  const rows = ids.map((id) => [
    results.titles.workloads[id] ?? id,
    numberText(figures.of(id, '4x16', baseline, rate)?.median),
    ...others.flatMap((contender) => [
      numberText(figures.of(id, '4x16', contender, rate)?.median),
      ratioText(figures.ratio(id, '4x16', contender, baseline, rate)),
    ]),
  ]);
  const head = [
    '4 connections × 16 streams',
    `${titleOf(results, baseline)}: checks/s`,
    ...others.flatMap((id) => [`${titleOf(results, id)}: checks/s`, 'against the baseline']),
  ];
  return `## By policy, request and data\n\n${table(head, rows)}`;
}

/** What the decision cache brings where nine of ten requests come again. */
export function decisionCache(results: Results, figures: Figures): string {
  const contenders = figures.contenders(repeated, '4x16');
  if (contenders.length === 0) return '';
  const rows = contenders.map((id) => [
    titleOf(results, id),
    numberText(figures.of(repeated, '4x16', id, rate)?.median),
    ratioText(figures.ratio(repeated, '4x16', id, baseline, rate)),
  ]);
  return `## Decision cache\n\n${table([results.titles.workloads[repeated] ?? repeated, 'checks/s', 'against the baseline'], rows)}`;
}

export function workers(results: Results, figures: Figures): string {
  const ids = figures.contenders('workers', '4x16');
  const [one = ''] = ids;
  if (ids.length === 0) return '';
  const rows = ids.map((id) => [
    titleOf(results, id),
    numberText(figures.of('workers', '4x16', id, rate)?.median),
    ratioText(figures.ratio('workers', '4x16', id, one, rate)),
  ]);
  const text = `Each worker has ${workerShare * 100} % of one core, by a CPU quota of its control group; the load has the other core. What this shows is
whether workers hold each other up; how much more two cores do than one is for the machine to say.`;
  return `## Workers\n\n${text}\n\n${table(['gateway policy', 'checks/s', 'against one'], rows)}`;
}
