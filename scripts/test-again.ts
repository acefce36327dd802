import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RanTest, ranTestsFolder } from '../test/support/ran-tests-reporter.js';

// For the build: what failed in the runs before is run once more by itself. What passes then is named as unsteady, and
// wants mending; what fails twice has failed.

const byHand = join(ranTestsFolder, 'by-hand.json');

function readTests(file: string): RanTest[] {
  return JSON.parse(readFileSync(file, 'utf8')) as RanTest[];
}

const runs = existsSync(ranTestsFolder) ? readdirSync(ranTestsFolder).map((name) => join(ranTestsFolder, name)) : [];
const results = new Map(runs.filter((file) => file !== byHand).map((file) => [file, readTests(file)]));
const failed = [...results.values()].flat().filter((test) => !test.passed);
if (failed.length === 0) {
  console.error('No test failed: the run before failed for another reason, and a second try would hide it.');
  process.exit(1);
}

const files = [...new Set(failed.map(({ file }) => file))];
const projects = [...new Set(failed.map(({ project }) => project))];
const { npm_lifecycle_event: _script, ...env } = process.env;
const again = [
  'vitest',
  'run',
  '--no-file-parallelism',
  ...projects.flatMap((project) => ['--project', project]),
  ...files,
];
const { status } = spawnSync('npx', again, { stdio: 'inherit', env });

const passedNow = new Set(readTests(byHand).flatMap((test) => (test.passed ? [name(test)] : [])));
for (const [file, tests] of results) {
  const now = tests.map((test) => ({ ...test, passed: test.passed || passedNow.has(name(test)) }));
  writeFileSync(file, JSON.stringify(now));
}
for (const test of failed) console.log(`${passedNow.has(name(test)) ? 'unsteady' : 'failed twice'}: ${name(test)}`);
process.exit(status ?? 1);

function name({ file, project, title }: RanTest): string {
  return `${project} ${file} > ${title}`;
}
