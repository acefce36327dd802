import { parseArgs } from 'node:util';
import { targets } from '../test/fuzz/targets/targets.js';
import { readCorpus, writeCorpus } from './fuzz/corpus.js';
import { type Finding, fuzzTarget } from './fuzz/fuzz-target.js';
import { runGuarded } from './fuzz/guarded.js';
import { minimize } from './fuzz/minimize.js';
import type { FuzzTarget } from './fuzz/target.js';

const usage = `npm run fuzz -- [--seconds N] [--seed N] [--keep] [target …]

Feeds each target (default: all) with inputs that reach ever more of its code, N seconds each (default: 8).
An input with which a target fails joins test/fuzz/corpus, which \`npm test\` replays; --keep adds what
reached new code as well.

targets: ${targets.map(({ name }) => name).join(', ')}`;

process.exitCode = main();

function main(): number {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '8' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
  const unknown = positionals.filter((name) => !targets.some((target) => target.name === name));
  if (values.help || unknown.length > 0 || !(seconds > 0) || !Number.isInteger(seed)) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  console.log(`seed ${seed}`);
  const chosen = targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const failed = chosen.filter((target) => !passes(target, seconds * 1000, seed, values.keep));
  return failed.length === 0 ? 0 : 1;
}

function passes(target: FuzzTarget, time: number, seed: number, keep: boolean): boolean {
  const known = readCorpus(target.name);
  const { corpus, covered, finding, runs } = fuzzTarget(target, { corpus: known, time, seed });
  const counts = `${runs} runs, ${corpus.length} inputs, ${covered} characters of code covered`;
  console.log(`${target.name.padEnd(14)} ${counts}${finding === undefined ? '' : ', FAILED'}`);
  if (finding !== undefined) report(target, finding, known);
  else if (keep) writeCorpus(target.name, [...known, ...corpus]);
  return finding === undefined;
}

function report(target: FuzzTarget, { error, input }: Finding, known: readonly Buffer[]): void {
  const smallest = minimize(input, (shorter) => fails(target, shorter));
  console.log(`  with ${JSON.stringify(smallest.toString('latin1'))}`);
  console.log(`  ${error instanceof Error ? error.stack : String(error)}`.replaceAll('\n', '\n  '));
  writeCorpus(target.name, [...known, smallest]);
}

function fails(target: FuzzTarget, input: Buffer): boolean {
  try {
    runGuarded(() => target.run(input));
    return false;
  } catch {
    return true;
  }
}
