import { portProblems } from './demo/check-ports.js';
import { checkRequests, formatChecked, isAsExpected } from './demo/check-requests.js';
import { lastLines, runningChildren } from './demo/child-process.js';
import { type DemoOptions, parseOptions, usage } from './demo/options.js';
import { curlLine, requests } from './demo/requests.js';
import { origin, startDemo } from './demo/start-demo.js';

/** Resolves on the first signal to end; a second one ends at once, and what was started with it. */
function interruption(): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        resolve(0);
        process.once(signal, () => process.exit(1));
      });
    }
  });
}

/** The exit code: when something ended that should not have, or the check is done. */
async function run(options: DemoOptions): Promise<number> {
  const problems = await portProblems(options);
  if (problems.length > 0) {
    console.error(problems.join('\n'));
    return 1;
  }
  await startDemo(options);
  return options.check ? check(options) : serve(options);
}

async function check(options: DemoOptions): Promise<number> {
  const checked = await checkRequests(origin(options, 'port'));
  console.log(formatChecked(checked));
  return checked.every(isAsExpected) ? 0 : 1;
}

async function serve(options: DemoOptions): Promise<number> {
  const lines = requests.map(
    (one) => `# ${one.rows}: ${one.status}, ${one.why}\n${curlLine(one, origin(options, 'port'))}`,
  );
  const places = `Health and metrics: ${origin(options, 'admin-port')}/readyz, /metrics. Ctrl-C ends everything.`;
  console.log(`${lines.join('\n')}\n\nEnvoy serves ${origin(options, 'port')}. ${places}`);
  const children = runningChildren();
  const ended = await Promise.race(children.map((child) => child.exited.then(() => child)));
  console.error(`${ended.name} has ended\n${lastLines(ended)}`);
  return 1;
}

/** What asks is stopped before what is asked. */
async function stopAll(): Promise<void> {
  for (const child of [...runningChildren()].reverse()) await child.stop();
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (!options.ok) {
    console.error(`${options.error}\n\n${usage}`);
    return 2;
  }
  if (options.value.help) {
    console.log(usage);
    return 0;
  }
  const code = await Promise.race([interruption(), run(options.value)]).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  });
  await stopAll();
  return code;
}

// Not merely the exit code: after a signal, what was about to be started must not be.
process.exit(await main());
