import type { RanTest } from '../../test/support/ran-tests-reporter.js';
import { rowsOf } from './coverage-page.js';

/** The table of a run on a cluster: each test with its outcome and seconds, the requests of each shape in one line. */
export function clusterSection(tests: readonly RanTest[]): string {
  const shapes = [...new Set(tests.map(({ title }) => title.split(' > ')[0] ?? ''))];
  return [
    '',
    '| what ran | outcome | seconds |',
    '| --- | --- | --- |',
    ...shapes.flatMap((shape) => linesOf(shape, tests)),
    '',
  ].join('\n');
}

function linesOf(shape: string, tests: readonly RanTest[]): readonly string[] {
  const own = tests.filter(({ title }) => title.startsWith(`${shape} > `));
  const requests = own.filter(isRequest);
  const rows = [...new Set(requests.flatMap(({ title }) => rowsOf(title)))].sort();
  const summary: RanTest = {
    ...(requests[0] ?? { file: '', project: '' }),
    title: `${shape} > ${requests.length} requests through the Service: ${rows.join(' ')}`,
    passed: requests.length > 0 && requests.every(({ passed }) => passed),
    duration: requests.reduce((sum, { duration }) => sum + duration, 0),
  };
  return [summary, ...own.filter((test) => !isRequest(test))].map(line);
}

function isRequest({ title }: RanTest): boolean {
  return / is \d{3}$/.test(title);
}

function line({ title, passed, duration }: RanTest): string {
  return `| ${title.replace(' > ', ': ')} | ${passed ? 'passed' : 'failed'} | ${(duration / 1000).toFixed(1)} |`;
}
