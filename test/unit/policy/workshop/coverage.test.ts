import { expect, test } from 'vitest';
import { coverageTable, percent, readCoverage } from '../../../../src/policy/workshop/coverage.js';

const range = (first: number, last: number) => ({ start: { row: first, col: 1 }, end: { row: last, col: 2 } });

const report = {
  files: {
    'b.rego': {
      covered_lines: 3,
      not_covered_lines: 5,
      not_covered: [range(9, 11), range(3, 3), range(3, 3), range(4, 4)],
    },
    'a/long.rego': { covered_lines: 2, coverage: 100, covered: [range(1, 2)] },
    'a/long_test.rego': { covered_lines: 90, not_covered_lines: 10, not_covered: [range(1, 10)] },
  },
  coverage: 95,
};

test('the tests themselves do not count', () => {
  const coverage = readCoverage(report);
  expect(coverage).toMatchObject({ lines: 10, covered: 5 });
  expect(percent(coverage)).toBe(50);
});

test('the table has the stretches of lines of each file that is not reached as a whole', () => {
  expect(coverageTable(readCoverage(report))).toBe(
    'file    covered  lines that no test reaches\nb.rego   37.5 %  3-4, 9-11\n',
  );
  expect(coverageTable(readCoverage({ files: {} }))).toBe('');
});

test.each([[null], [{}], [{ files: { 'a.rego': null } }]])(
  'a report like %j covers nothing and lacks nothing',
  (odd) => {
    expect(percent(readCoverage(odd))).toBe(100);
  },
);
