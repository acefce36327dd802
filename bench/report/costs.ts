import { cpuPerCheck, type Figures } from '../measure/figures.js';
import { spread } from '../measure/statistics.js';
import type { Results } from '../suites/results.js';
import { missing, numberText, table } from './format.js';
import { titleOf } from './titles.js';

export function costs(results: Results, figures: Figures): string {
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

export function starts(results: Results): string {
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
