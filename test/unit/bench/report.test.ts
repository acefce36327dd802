import { expect, test } from 'vitest';
import { performanceChart, performancePage } from '../../../bench/report/page.js';
import { targets } from '../../../bench/report/targets.js';
import { targetsTable, unreached } from '../../../bench/report/targets-table.js';
import { figure, results } from './results.js';

const peer = figure(['gateway', '4x16', 'peer-go'], [100, 200]);
const line = (text: string, start: string) => text.split('\n').find((one) => one.startsWith(start)) ?? '';

test('every target stands in the table, unmeasured ones without a verdict', () => {
  const lines = targets(results([]), undefined);
  const rows = targetsTable(lines).split('\n').slice(2);
  expect(rows).toHaveLength(10);
  for (const row of rows) expect(row).toMatch(/\| not measured yet \| {2}\|$/);
  expect(unreached(lines, [])).toBe('');
});

test('a ratio is that of single rounds, and both Nodes must reach theirs', () => {
  const table = (node20: readonly number[]) => {
    const own = [
      figure(['gateway', '4x16', 'embedded/node26'], [400, 900]),
      figure(['gateway', '4x16', 'embedded/node20'], node20),
    ];
    return line(targetsTable(targets(results([peer, ...own]), undefined)), '| embedded, gateway policy');
  };
  expect(table([300, 600])).toContain('Node 26: 4.25× (4.00–4.50)<br>Node 20: 3.00× (3.00–3.00) | yes |');
  expect(table([290, 580])).toContain('Node 20: 2.90× (2.90–2.90) | no |');
});

test('what is not reached says how far it got, what bounds it and what is next', () => {
  const own = figure(['gateway', '4x16', 'embedded/node26'], [100, 200]);
  const stages = ['a', 'b', 'c', 'd'].map((name, index) => ({ name, share: 0.4 - index / 10 }));
  const profile = { contender: 'embedded/node26', title: 'embedded', stages, processes: [] };
  const text = unreached(targets(results([peer, own]), undefined), [profile]);
  expect(text).toContain('Node 26: 1.00× (1.00–1.00), where ≥ 4× on Node 26, ≥ 3× on Node 20 is wanted.');
  expect(text).toContain('goes to a 40 %, b 30 %, c 20 %. Next: ');
});

test('latency must not be above that of the baseline, memory not above its bound, and memory must not grow', () => {
  const serial = [
    figure(['gateway', '1x1', 'peer-go'], [1], { latency: { mean: 1, p50: 0.3, p90: 1, p99: 1, p999: 1, max: 1 } }),
    figure(['gateway', '1x1', 'embedded/node26'], [1], {
      latency: { mean: 1, p50: 0.2, p90: 1, p99: 1, p999: 1, max: 1 },
    }),
  ];
  const memory = [{ contender: 'embedded/node26', idle: 50, loaded: 121, highest: 130, perCheck: 1 }];
  const soak = {
    measuredAt: '',
    contender: 'embedded/node26',
    minutes: 60,
    checks: 1,
    failed: 0,
    memory: [100],
    growthPerHour: 0.2,
    grows: false,
  };
  const table = targetsTable(targets(results(serial, { memory }), soak));
  expect(line(table, '| serial latency')).toMatch(/Node 26: 0\.20 ms against 0\.30 ms \| yes \|$/);
  expect(line(table, '| memory of one process')).toMatch(/121 MB<br>.*0\.2 MB an hour, seen over 60 minutes \| no \|$/);
});

test('two workers are compared with one, and growth with the smallest', () => {
  const figures = [
    figure(['workers', '4x16', 'workers-1/node26'], [100]),
    figure(['workers', '4x16', 'workers-2/node26'], [195]),
    ...[10, 1000].map((size) => figure([`table-${size}`, '4x16', 'embedded/node26'], [size === 10 ? 100 : 50])),
    ...[10, 1000].map((size) => figure([`table-${size}`, '4x16', 'peer-go'], [100])),
  ];
  const table = targetsTable(targets(results(figures), undefined));
  expect(line(table, '| two workers')).toMatch(/1\.95× \(1\.95–1\.95\) \| yes \|$/);
  expect(line(table, '| 1,000 route rules')).toMatch(/2\.00× \| no \|$/);
  const page = performancePage(results(figures), undefined);
  expect(page).toContain('| 1,000 routes as a table, as recommended | 10,000.0 | 1.00× | 20,000.0 | 2.00× |');
  expect(page).toContain('| title of workers-2/node26 | 195 | 1.95× (1.95–1.95) |');
});

test('percentiles of a contender that refuses the rate are not shown', () => {
  const page = performancePage(
    results([
      figure(['gateway', 'open-1000', 'peer-go'], [1]),
      figure(['gateway', 'open-1000', 'sidecar/node26'], [1], { failed: 0.2 }),
    ]),
    undefined,
  );
  expect(page).toContain('| title of peer-go | 1.00 | 2.00 | 3.00 | 4.00 | 0.0 % |');
  expect(page).toContain('| title of sidecar/node26 | – | – | – | – | 20.0 % |');
});

test('a run on a busy machine says so', () => {
  const page = (disturbed: number) =>
    performancePage(results([figure(['gateway', '4x16', 'peer-go'], [1, 2], { disturbed })]), undefined);
  expect(page(0.2)).toContain('**Provisional:** the machine was busy with other work in 2 of 2 windows.');
  expect(page(0.01)).not.toContain('Provisional');
});

test('the chart has a bar for each contender and escapes what it shows', () => {
  const figures = [peer, figure(['gateway', '4x16', 'a<b'], [200, 400])];
  const chart = performanceChart(results(figures));
  expect(chart.match(/<rect x=/g)).toHaveLength(2);
  expect(chart).toContain('title of a&lt;b');
  expect(chart).toContain('2.00×');
});
