import { baseline } from '../contenders/table.js';
import { workerShare } from '../contenders/workers.js';
import { cpuPerCheck, Figures, rate } from '../measure/figures.js';
import { tolerableDisturbance } from '../measure/rounds.js';
import { spread } from '../measure/statistics.js';
import type { Window } from '../measure/window.js';
import type { Results } from '../suites/results.js';
import { envoyAlone } from '../suites/through-envoy.js';
import { barChart } from './chart.js';
import { missing, numberText, ratioText, table } from './format.js';
import { growth } from './growth.js';
import { ownProfiles } from './own-profiles.js';
import type { SoakResult } from './soak-result.js';
import { targets } from './targets.js';
import { targetsTable, unreached } from './targets-table.js';

/** Above this share of requests that were refused or not answered, percentiles of the others would flatter. */
const mostUndecided = 0.01;

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

function head({ figures, measuredAt }: Results): string {
  const windows = figures.flatMap((figure) => figure.windows);
  const disturbed = windows.filter(isDisturbed).length;
  const provisional =
    disturbed <= windows.length / 5
      ? ''
      : `\n\n**Provisional:** the machine was busy with other work in ${disturbed} of ${windows.length} windows. Latencies say little then, rates not much.`;
  return `# Performance

Written by \`npm run bench\`, last on ${measuredAt.slice(0, 10)}; the figures of each window are in [performance.json](performance.json).
Ratios hold from machine to machine better than figures do: read those first.${provisional}`;
}

function method({ effort, figures, machine }: Results): string {
  const windows = figures.flatMap((figure) => figure.windows);
  const disturbed = windows.filter(isDisturbed).length;
  const bounded = windows.filter(({ loadBusy }) => loadBusy > 0.9).length;
  const failed = windows.filter(({ failed }) => failed > 0).length;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return `## Method

- Machine: ${machine.processor}, ${machine.cores} cores, ${machine.memory} GB, ${machine.kernel}; ${versions.join(', ')}.
- Placement: ${machine.placement}. A sidecar's OPA shares the core with Portcullis, and both count.
- All contenders of a table run at the same time and are asked in turn: ${effort.rounds} rounds of ${effort.seconds} s each, every round beginning with
  another one (by policy three quarters of that, for latency twice as long). A ratio is that of one round; shown are the median and, in brackets, the lowest and the highest of all rounds.
- Before anything is measured, all contenders must decide the same requests alike.
- The Go baseline ([bench/peer-go](../bench/peer-go)) stands for opa-envoy-plugin, which cannot be had here: grpc-go, go-control-plane and OPA as a library with a
  prepared query. As the plugin does, it walks the message by reflection, parses path, query and body, makes a decision id, a
  metrics object and a transaction for each check, and heeds the deadline; multipart and gRPC bodies, which nothing here sends, it does
  not read. Where it differs it is faster: numbers do not go through JSON on their way to OPA (7 of about 80 µs in the plugin), data are
  kept as OPA's own values, there is no decision log and there are no metrics to scrape. Portcullis runs with its defaults, metrics and
  decision ids included. The floors answer every check with a constant, without reading it.
- Requests are 512 different ones in turn, three of four allowed. Rates come from a closed loop. Latencies come from an open loop with
  independent arrivals at a fixed rate, counted from when a request was due, so that a stall shows in all requests it delays.
- The load program is [bench/load-go](../bench/load-go). ${bounded === 0 ? 'It was never at its limit.' : `In ${bounded} of ${windows.length} windows it was at its own limit.`}
- Disturbance: in ${disturbed} of ${windows.length} windows others took more than ${tolerableDisturbance * 100} % of the core that was measured, after several attempts.${failed === 0 ? '' : `\n- In ${failed} windows some requests got neither an allow nor a deny.`}`;
}

function isDisturbed({ disturbed }: Window): boolean {
  return disturbed > tolerableDisturbance;
}

function titleOf({ titles }: Results, contender: string): string {
  return titles.contenders[contender] ?? contender;
}

function shapes(results: Results, figures: Figures): string {
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

function byWorkload(results: Results, figures: Figures): string {
  const ids = Object.keys(results.titles.workloads).filter((id) => figures.get(id, '4x16', baseline) !== undefined);
  if (ids.length < 2) return '';
  const contenders = [...new Set(ids.flatMap((id) => figures.contenders(id, '4x16')))].filter((id) => {
    const measured = ids.filter((workload) => figures.get(workload, '4x16', id) !== undefined);
    return measured.length > ids.length / 2 || id.startsWith('embedded-cache/');
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

function workers(results: Results, figures: Figures): string {
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

function latencies(results: Results, figures: Figures): string {
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

function throughEnvoy(results: Results, figures: Figures): string {
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

function costs(results: Results, figures: Figures): string {
  const contenders = figures.contenders('gateway', '4x16');
  if (contenders.length === 0 && results.memory.length === 0) return '';
  const ids = contenders.length > 0 ? contenders : results.memory.map(({ contender }) => contender);
  const rows = ids.map((id) => {
    const memory = results.memory.find(({ contender }) => contender === id);
    const cpu = figures.of('gateway', '4x16', id, cpuPerCheck)?.median;
    const cells = [
      numberText(cpu, 1),
      numberText(memory?.idle),
      numberText(memory?.loaded),
      numberText(memory?.highest),
    ];
    return [titleOf(results, id), ...cells, memory === undefined ? missing : numberText(memory.perCheck, 1)];
  });
  const columns = [
    'gateway policy',
    'CPU for each check, µs',
    'memory when idle, MB',
    'at full load, MB',
    'highest, 1,000 checks under way, MB',
    'for each further check under way, KB',
  ];
  return `## Processor and memory\n\n${table(columns, rows)}`;
}

function starts(results: Results): string {
  if (results.starts.length === 0) return '';
  const workloads = [...new Set(results.starts.map(({ workload }) => workload))];
  const contenders = [...new Set(results.starts.map(({ contender }) => contender))];
  const rows = contenders.map((id) => [
    titleOf(results, id),
    ...workloads.map((workload) => {
      const found = results.starts.find((figure) => figure.contender === id && figure.workload === workload);
      return found === undefined ? missing : numberText(spread(found.milliseconds).median);
    }),
  ]);
  const head = ['milliseconds', ...workloads.map((id) => results.titles.workloads[id] ?? id)];
  return `## From start to first answer\n\n${table(head, rows)}`;
}

function peerProfile({ peerProfile }: Results): string {
  if (peerProfile === undefined) return '';
  return `## Where the Go baseline spends its time\n\n\`\`\`text\n${peerProfile}\n\`\`\``;
}
