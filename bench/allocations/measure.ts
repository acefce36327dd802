import { pathToFileURL } from 'node:url';
import { workloads } from '../workloads/table.js';

// Runs in a process of its own with a young generation that nothing is collected from during a pass, and prints the bytes
// that a check allocates on the JavaScript heap. No network, no clock: the figure is the same on a busy machine.
type CheckModule = typeof import('../../src/check/check.js');
type LiveConfigModule = typeof import('../../src/cli/live-config.js');
type LoadModule = typeof import('../../src/config/load.js');
type LoggerModule = typeof import('../../src/telemetry/logger.js');
type MetricsModule = typeof import('../../src/telemetry/metrics.js');
type ObserveModule = typeof import('../../src/check/observe.js');

const passes = 7;
const checks = 500;

const [dist = ''] = process.argv.slice(2);
const load = (path: string) => import(pathToFileURL(`${dist}/${path}`).href);
const { createCheck } = (await load('check/check.js')) as CheckModule;
const { LiveConfig } = (await load('cli/live-config.js')) as LiveConfigModule;
const { loadConfig } = (await load('config/load.js')) as LoadModule;
const { createLogger } = (await load('telemetry/logger.js')) as LoggerModule;
const { createMetrics } = (await load('telemetry/metrics.js')) as MetricsModule;
const { createObserver } = (await load('check/observe.js')) as ObserveModule;

const loaded = await loadConfig({ file: undefined, env: {} });
if (!loaded.ok) throw new Error('the defaults are not a valid configuration');
const logger = createLogger('silent');
const metrics = createMetrics();
const live = await LiveConfig.open(loaded.value.config, {}, logger, metrics);
const check = createCheck(
  () => live.state(),
  createObserver(metrics, () => live.decisionLog(), logger),
);
const messages = await workloads.gateway.messages();

async function pass(): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('run with --expose-gc');
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < checks; index += 1) {
    const call = { deadline: performance.now() + 10_000, signal: new AbortController().signal };
    await check(messages[index % messages.length] ?? Buffer.alloc(0), call);
  }
  return (process.memoryUsage().heapUsed - before) / checks;
}

for (let round = 0; round < 10; round += 1) await pass();
const figures: number[] = [];
for (let round = 0; round < passes; round += 1) figures.push(await pass());
figures.sort((one, other) => one - other);
console.log(JSON.stringify({ bytesPerCheck: Math.round(figures[Math.floor(passes / 2)] ?? Number.NaN) }));
await live.close();
