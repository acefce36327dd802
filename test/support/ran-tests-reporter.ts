import { mkdirSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Where the titles of the tests that ran are left for `scripts/reports.ts`. */
export const ranTestsFile = 'coverage/tests.json';

export interface RanTest {
  readonly file: string;
  readonly title: string;
  readonly project: string;
  readonly passed: boolean;
}

/** Notes which tests ran, so that the reports speak of what was shown and not of what was meant. */
export class RanTestsReporter implements Reporter {
  private readonly tests: RanTest[] = [];

  onTestCaseResult(test: TestCase): void {
    const state = test.result().state;
    if (state === 'pending' || state === 'skipped') return;
    this.tests.push({
      file: relative(process.cwd(), test.module.moduleId),
      title: test.fullName,
      project: test.project.name,
      passed: state === 'passed',
    });
  }

  onTestRunEnd(_modules: readonly TestModule[]): void {
    mkdirSync('coverage', { recursive: true });
    writeFileSync(ranTestsFile, JSON.stringify(this.tests));
  }
}
