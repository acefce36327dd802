import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { readResults, writePages, writeResults } from './report/files.js';
import { prepareRig } from './rig/rig.js';
import { effortFor, quickEffort, usualMinutes } from './suites/effort.js';
import { mergeResults } from './suites/merge-results.js';
import { type Part, parts, runPart } from './suites/run-part.js';

const usage = `npm run bench -- [--minutes N] [--quick] [--rounds N] [--seconds N] [--patience N] [--only PART,…] [--page]

Measures Portcullis side by side with others and writes docs/performance.md, .svg and .json.
  --minutes  about how long a whole run takes on a quiet machine, ${usualMinutes} unless told otherwise: more means more rounds
  --quick    2 rounds of 1 s: shows that everything works, its figures mean little
  --patience minutes to wait before each window for a machine that is busy with something else
  --only     parts to measure anew, the others stay as they were: ${parts.join(', ')}
  --page     write the page anew from the results of the last run`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: String(usualMinutes) },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    patience: { type: 'string', default: '0' },
    only: { type: 'string' },
    page: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function measure(): Promise<void> {
  const usual = values.quick ? quickEffort : effortFor(Number(values.minutes));
  const effort = {
    ...usual,
    patience: Number(values.patience) * 60,
    ...(values.rounds && { rounds: Number(values.rounds) }),
    ...(values.seconds && { seconds: Number(values.seconds) }),
  };
  const only = chosenParts(values.only);
  warnIfBusy();
  const began = performance.now();
  const elapsed = () => `${((performance.now() - began) / 60_000).toFixed(1)} min`;
  const rig = await prepareRig({ everyNode: true });
  let kept = only.length === parts.length ? undefined : await readResults();
  const failed: string[] = [];
  for (const part of only) {
    console.log(`${elapsed()}  ${part}`);
    const known = kept?.figures ?? [];
    try {
      const fresh = await runPart(rig, part, { effort, known, progress: (text) => console.log(`  ${text}`) });
      kept = mergeResults(kept, fresh, part);
      await writeResults(kept);
    } catch (error) {
      // One part that cannot be measured here does not cost the others, which take long.
      console.error(`${part} could not be measured:`, error);
      failed.push(part);
    }
  }
  console.log(`${elapsed()}  docs/performance.md has been written`);
  if (failed.length > 0) {
    console.error(`not measured: ${failed.join(', ')}; npm run bench -- --only ${failed.join(',')}`);
    process.exitCode = 1;
  }
}

function chosenParts(only: string | undefined): readonly Part[] {
  if (only === undefined) return parts;
  const names = only.split(',');
  const unknown = names.filter((name) => !parts.some((part) => part === name));
  if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}\n${usage}`);
  return parts.filter((part) => names.includes(part));
}

function warnIfBusy(): void {
  const [load = 0] = loadavg();
  if (load > 0.5)
    console.warn(`the machine is busy (load average ${load.toFixed(1)}): the figures will be worse for it`);
}

if (values.help) console.log(usage);
else if (values.page) {
  const results = await readResults();
  if (results === undefined) throw new Error('there are no results yet');
  await writePages(results);
} else await measure();
