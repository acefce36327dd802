import { readFileSync, writeFileSync } from 'node:fs';
import { type RanTest, ranTestsFile } from '../test/support/coverage-reporter.js';
import { coveragePage, type RowCatalogue, type RowException } from './coverage/coverage-page.js';

const page = 'docs/coverage.md';

function readJson<Value>(path: string): Value {
  return JSON.parse(readFileSync(path, 'utf8')) as Value;
}

const tests = readJson<RanTest[]>(ranTestsFile).filter((test) => test.passed);
const rendered = coveragePage(
  readJson<RowCatalogue>('test/fixtures/rows/rows.json'),
  readJson<RowException[]>('test/fixtures/rows/exceptions.json'),
  tests,
);

if (!rendered.ok) {
  console.error(`Rows of the reference documents without a test or an exception:\n  ${rendered.error.join('\n  ')}`);
  console.error('Name the row in the title of the test that shows it, or in test/fixtures/rows/exceptions.json.');
  process.exitCode = 1;
} else if (!process.argv.includes('--check')) {
  writeFileSync(page, rendered.value);
} else if (readFileSync(page, 'utf8') !== rendered.value) {
  console.error(`${page} is not what the tests show. Run: npm run coverage`);
  process.exitCode = 1;
}
