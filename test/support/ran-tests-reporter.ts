import { mkdirSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Where the results of each npm script are left: those of `npm test` for `scripts/reports.ts`, all for the build. */
export const ranTestsFolder = 'coverage/ran';
export const ranTestsFile = `${ranTestsFolder}/test.json`;

export interface RanTest {
  readonly file: string;
  readonly title: string;
  readonly project: string;
  readonly passed: boolean;
  /** Milliseconds. */
  readonly duration: number;
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
      duration: Math.round(test.diagnostic()?.duration ?? 0),
    });
  }

  onTestRunEnd(_modules: readonly TestModule[]): void {
    mkdirSync(ranTestsFolder, { recursive: true });
    writeFileSync(`${ranTestsFolder}/${scriptName()}.json`, JSON.stringify(this.tests));
  }
}

/** The npm script that runs, such as `test` or `test-gateways`. */
function scriptName(): string {
  const script = process.env['npm_lifecycle_event'] ?? 'npx';
  return script === 'npx' ? 'by-hand' : script.replaceAll(':', '-');
}
