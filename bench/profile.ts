import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { portcullis } from './contenders/portcullis.js';
import { envoyShape } from './measure/arena.js';
import { measureWindow } from './measure/window.js';
import { type CpuProfile, functionTimes, lastSeconds } from './profile/cpu-profile.js';
import { profileReport } from './profile/report.js';
import { stageOf } from './profile/stages.js';
import { workshopFolder } from './rig/places.js';
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
  const rig = await prepareRig();
  const folder = await mkdtemp(join(await workshopFolder('profiles'), `${workloadId}-`));
  const contender = portcullis({
    id: 'profiled',
    title: 'profiled',
    runtime: node ?? rig.runtimes[0]?.id ?? '',
    engine,
    transport: 'uds',
    nodeFlags: ['--cpu-prof', '--cpu-prof-interval', '200', '--cpu-prof-dir', folder],
  });
  const running = await contender.start(rig, workload);
  try {
    const options = { rig, running, workload, shape: envoyShape, warmup: 8, seconds, seed: 1 };
    const window = await measureWindow(options);
    console.log(`${contender.title}, ${workload.title}: ${Math.round(window.rate)} checks/s under the profiler\n`);
  } finally {
    await running.stop();
  }
  const [file = ''] = await readdir(folder);
  const content = JSON.parse(await readFile(join(folder, file), 'utf8')) as CpuProfile;
  console.log(profileReport(functionTimes(lastSeconds(content, seconds), stageOf)));
  console.log(`\n${join(folder, file)}`);
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
