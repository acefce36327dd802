import { parseArgs } from 'node:util';
import { profileReport } from './profile/report.js';
import { takeProfile } from './profile/take-profile.js';
import { prepareRig } from './rig/rig.js';
import { workloads } from './workloads/table.js';

const usage = `tsx bench/profile.ts [--engine wasm|opa] [--workload NAME] [--node node20|node26] [--seconds N]
Runs Portcullis at full load under Node's profiler and prints where the time goes.`;

/** Where one variant spends its time at full load. */
async function profile(engine: 'wasm' | 'opa', workloadId: string, node: string | undefined, seconds: number) {
  const workload = Object.values(workloads)
    .flat()
    .find(({ id }) => id === workloadId);
  if (workload === undefined) throw new Error(`there is no workload ${workloadId}`);
  const rig = await prepareRig({ everyNode: true });
  const runtime = node ?? rig.runtimes[0]?.id ?? '';
  const variant = { id: 'profiled', title: 'profiled', runtime, engine, transport: 'uds' } as const;
  const taken = await takeProfile(rig, variant, workload, seconds);
  console.log(`${taken.title}, ${workload.title}: ${Math.round(taken.rate)} checks/s under the profiler\n`);
  console.log(profileReport(taken.times));
  for (const { name, seconds: used } of taken.processes) console.log(`\n${name}: ${used.toFixed(1)} s`);
  console.log(`\n${taken.file}`);
}

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'wasm' },
    workload: { type: 'string', default: 'gateway' },
    node: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(usage);
else await profile(values.engine === 'opa' ? 'opa' : 'wasm', values.workload, values.node, Number(values.seconds));
