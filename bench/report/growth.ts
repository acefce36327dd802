import { cpuPerCheck, type Figures } from '../measure/figures.js';
import { numberText, table } from './format.js';

/** Workloads that differ in size alone, the smallest first. */
const series: readonly { readonly what: string; readonly workload: string; readonly sizes: readonly number[] }[] = [
  { what: 'route rules, one for each route', workload: 'rules', sizes: [10, 100, 1_000] },
  { what: 'routes as a table, as recommended', workload: 'table', sizes: [10, 1_000] },
  { what: 'rows of data', workload: 'data', sizes: [10, 1_000, 100_000] },
  { what: 'further headers', workload: 'headers', sizes: [10, 50, 100] },
];

/** How the time of a check grows with the policy, the data and the request. */
export function growth(figures: Figures, baseline: string): string {
  const rows = series.flatMap(({ sizes, what, workload }) => {
    const measured = figures.contenders(`${workload}-${sizes[0]}`, '4x16');
    const own = measured.find((id) => /^embedded\/node(?!20)/.test(id));
    const contenders = own === undefined ? [] : [baseline, own];
    return sizes.map((size) => [
      `${size.toLocaleString('en')} ${what}`,
      ...contenders.flatMap((id) => {
        const time = figures.of(`${workload}-${size}`, '4x16', id, cpuPerCheck)?.median;
        const least = figures.of(`${workload}-${sizes[0]}`, '4x16', id, cpuPerCheck)?.median;
        const times = time === undefined || least === undefined ? undefined : time / least;
        return [numberText(time, 1), size === sizes[0] ? '' : `${numberText(times, 2)}×`];
      }),
    ]);
  });
  if (rows.every((row) => row.length === 1)) return '';
  const complete = rows.filter((row) => row.length === 5);
  const head = [
    '',
    'Go baseline: CPU for each check, µs',
    'against the least',
    'embedded: CPU for each check, µs',
    'against the least',
  ];
  return `## Growth\n\n${table(head, complete)}`;
}
