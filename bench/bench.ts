import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { readResults, writePages, writeResults } from './report/files.js';
import { prepareRig } from './rig/rig.js';
import type { Results } from './suites/results.js';
import { type Part, parts, runPart } from './suites/run-part.js';

const usage = `npm run bench -- [--quick] [--rounds N] [--seconds N] [--patience N] [--only PART,…] [--page]

Measures Portcullis side by side with others and writes docs/performance.md, .svg and .json.
  --quick    2 rounds of 1 s: shows that everything works, its figures mean little
  --patience minutes to wait before each window for a machine that is busy with something else
  --only     parts to measure anew, the others stay as they were: ${parts.join(', ')}
  --page     write the page anew from the results of the last run`;

const { values } = parseArgs({
  options: {
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
  const usual = values.quick
    ? { rounds: 2, seconds: 1, warmup: 1, attempts: 1 }
    : { rounds: 5, seconds: 3, warmup: 8, attempts: 3 };
  const effort = {
    ...usual,
    patience: Number(values.patience) * 60,
    ...(values.rounds && { rounds: Number(values.rounds) }),
    ...(values.seconds && { seconds: Number(values.seconds) }),
  };
  const only = values.only === undefined ? parts : parts.filter((part) => values.only?.split(',').includes(part));
  if (only.length === 0) throw new Error(usage);
  warnIfBusy();
  const rig = await prepareRig();
  let kept = only.length === parts.length ? undefined : await readResults();
  for (const part of only) {
    console.log(part);
    const known = kept?.figures ?? [];
    const fresh = await runPart(rig, part, { effort, known, progress: (text) => console.log(`  ${text}`) });
    kept = merged(kept, fresh, part);
    await writeResults(kept);
  }
  console.log('docs/performance.md has been written');
}

function warnIfBusy(): void {
  const [load = 0] = loadavg();
  if (load > 0.5)
    console.warn(`the machine is busy (load average ${load.toFixed(1)}): the figures will be worse for it`);
}

/** New figures take the place of those of the same name; a part that was not measured stays. */
function merged(old: Results | undefined, fresh: Results, part: Part): Results {
  if (old === undefined) return fresh;
  const key = (figure: Results['figures'][number]) => `${figure.workload} ${figure.shape} ${figure.contender}`;
  const replaced = new Set(fresh.figures.map(key));
  return {
    ...fresh,
    titles: {
      contenders: { ...old.titles.contenders, ...fresh.titles.contenders },
      workloads: { ...old.titles.workloads, ...fresh.titles.workloads },
      shapes: { ...old.titles.shapes, ...fresh.titles.shapes },
    },
    figures: [...old.figures.filter((figure) => !replaced.has(key(figure))), ...fresh.figures],
    starts: part === 'start' ? fresh.starts : old.starts,
    memory: part === 'memory' ? fresh.memory : old.memory,
    peerProfile: fresh.peerProfile ?? old.peerProfile,
  };
}

if (values.help) console.log(usage);
else if (values.page) {
  const results = await readResults();
  if (results === undefined) throw new Error('there are no results yet');
  await writePages(results);
} else await measure();
