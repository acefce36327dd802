import { readFileSync, writeFileSync } from 'node:fs';
import type { Result } from '../src/errors/result.js';
import { type RanTest, ranTestsFile } from '../test/support/ran-tests-reporter.js';
import { conformancePage, type Matrix } from './reports/conformance-page.js';
import { coveragePage, type RowCatalogue, type RowException } from './reports/coverage-page.js';

// The pages that are made from the tests that ran: written, or with --check compared.

function readJson<Value>(path: string): Value {
  return JSON.parse(readFileSync(path, 'utf8')) as Value;
}

const ran = readJson<RanTest[]>(ranTestsFile);
const pages: readonly (readonly [path: string, page: Result<string, readonly string[]>, cure: string])[] = [
  [
    'docs/coverage.md',
    coveragePage(
      readJson<RowCatalogue>('test/fixtures/rows/rows.json'),
      readJson<RowException[]>('test/fixtures/rows/exceptions.json'),
      ran.filter((test) => test.passed),
    ),
    'Name the row in the title of the test that shows it, or in test/fixtures/rows/exceptions.json.',
  ],
  [
    'docs/conformance.md',
    conformancePage(readJson<Matrix>('test/fixtures/rows/envoy-matrix.json'), ran),
    'Begin the title of the test that shows the row with its id.',
  ],
];

for (const [path, page, cure] of pages) {
  if (!page.ok) {
    console.error(`${path} cannot be made:\n  ${page.error.join('\n  ')}\n${cure}`);
    process.exitCode = 1;
  } else if (!process.argv.includes('--check')) {
    writeFileSync(path, page.value);
  } else if (readFileSync(path, 'utf8') !== page.value) {
    console.error(`${path} is not what the tests show. Run: npm run reports`);
    process.exitCode = 1;
  }
}
