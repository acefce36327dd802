import { fail, ok, type Result } from '../../errors/result.js';
import type { JsonObject, JsonValue } from '../../json/json.js';
import { parseJson } from '../../json/parse.js';
import { isRecord } from '../bundle/merge-data.js';
import { type Coverage, readCoverage } from './coverage.js';
import { complaintOf, type Opa } from './opa.js';
import type { BundleSources } from './sources.js';
import { inWorkshop, type Workshop } from './workshop.js';

/** A test that did not pass. */
export interface TestFailure {
  readonly file: string;
  readonly line: number;
  /** Such as `data.carstore.authz_test.test_c_20_get_root`. */
  readonly name: string;
  /** The cases of a test with several that failed, or why it could not be run. */
  readonly detail: string | undefined;
}

export interface TestRun {
  readonly passed: number;
  readonly failures: readonly TestFailure[];
  /** Tests named `todo_…`, which OPA does not run. */
  readonly skipped: readonly TestFailure[];
  /** Of the policy, without the tests themselves; `undefined` if a test failed. */
  readonly coverage: Coverage | undefined;
}

/** Runs the policy's tests with OPA. Fails if they could not be run, or if there are none. */
export async function testSources(opa: Opa, sources: BundleSources): Promise<Result<TestRun>> {
  const files = [...sources.files, ...sources.tests];
  return inWorkshop(files, [''], async (workshop): Promise<Result<TestRun>> => {
    const results = await runTests(opa, workshop, []);
    if (!results.ok) return results;
    const tests: readonly JsonValue[] = Array.isArray(results.value) ? results.value : [];
    if (tests.length === 0) return fail('there are no tests');
    const records = tests.filter(isRecord);
    const skipped = records.filter(({ skip }) => skip === true);
    const failed = records.filter(({ error, fail: wrong }) => wrong === true || error !== undefined);
    const run = {
      passed: tests.length - skipped.length - failed.length,
      failures: failed.map(readFailure),
      skipped: skipped.map(readFailure),
    };
    if (failed.length > 0) return ok({ ...run, coverage: undefined });
    const covered = await runTests(opa, workshop, ['--coverage']);
    if (!covered.ok) return covered;
    return ok({ ...run, coverage: readCoverage(covered.value) });
  });
}

async function runTests(opa: Opa, { sources }: Workshop, more: readonly string[]): Promise<Result<JsonValue>> {
  const outcome = await opa.run(sources, ['test', '--bundle', '--format', 'json', ...more, '.']);
  const results = parseJson(outcome.stdout);
  return results.ok ? results : fail(`opa test: ${complaintOf(outcome)}`);
}

function readFailure(test: JsonObject): TestFailure {
  const { error, location, name, package: path, sub_results: cases } = test;
  const place: JsonObject = isRecord(location) ? location : {};
  const { file, row } = place;
  return {
    file: typeof file === 'string' ? file : '',
    line: typeof row === 'number' ? row : 1,
    name: `${String(path)}.${String(name)}`,
    detail: error === undefined ? failedCases(cases) : reasonOf(error),
  };
}

function failedCases(cases: JsonValue | undefined, above = ''): string | undefined {
  if (!isRecord(cases)) return undefined;
  const failed = Object.entries(cases).flatMap(([name, result]) => {
    if (!isRecord(result) || result['fail'] !== true) return [];
    return [failedCases(result['sub_results'], `${above}${name}/`) ?? `${above}${name}`];
  });
  return failed.length === 0 ? undefined : failed.join(', ');
}

function reasonOf(error: JsonValue): string {
  const { message } = isRecord(error) ? error : {};
  return typeof message === 'string' ? message : 'it ended with an error';
}
