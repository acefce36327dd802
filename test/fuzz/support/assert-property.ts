import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';

/** A run that failed once. `path` leads to the shrunk counterexample. */
interface Regression {
  readonly seed: number;
  readonly path: string;
}

const file = new URL('../regressions.json', import.meta.url);
const regressions = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Regression[]>;

/** How many times the usual number of runs; `FUZZ_FACTOR` sets it for long runs. */
const factor = Number(process.env['FUZZ_FACTOR'] ?? 1);

/**
 * Checks a property for `runs` random values, those that failed before first. A new failure is written to
 * `regressions.json`, to be kept with the correction.
 *
 * @param name of the property in `regressions.json`
 */
export async function assertProperty<Value>(
  name: string,
  property: fc.IRawProperty<Value>,
  runs: number,
): Promise<void> {
  for (const { seed, path } of regressions[name] ?? []) {
    await fc.assert(property, { seed, path, endOnFailure: true, numRuns: 1 });
  }
  const details = await fc.check(property, { numRuns: Math.ceil(runs * factor) });
  if (!details.failed) return;
  if (details.counterexamplePath !== null) keep(name, { seed: details.seed, path: details.counterexamplePath });
  throw new Error(fc.defaultReportMessage(details) ?? `${name} failed`, { cause: details.errorInstance });
}

function keep(name: string, regression: Regression): void {
  regressions[name] = [...(regressions[name] ?? []), regression];
  writeFileSync(file, `${JSON.stringify(regressions, undefined, 2)}\n`);
}
