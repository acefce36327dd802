import { whyTaken } from './address.js';
import { type DemoOptions, type PortOption, ports, usedPorts } from './options.js';

/** One line for each port that cannot be listened on, with the option that changes it. */
export async function portProblems(options: DemoOptions): Promise<string[]> {
  const used = usedPorts(options);
  const problems = await Promise.all(used.map((name) => problemOf(name, options, used)));
  return problems.filter((problem) => problem !== undefined);
}

async function problemOf(name: PortOption, options: DemoOptions, used: PortOption[]): Promise<string | undefined> {
  const port = options.ports[name];
  const twin = used.find((other) => other !== name && options.ports[other] === port);
  if (twin !== undefined) return `--${name} and --${twin} are both ${port}`;
  const reason = await whyTaken(`127.0.0.1:${port}`);
  if (reason === undefined) return undefined;
  const what = reason === 'EADDRINUSE' ? 'is taken' : `cannot be listened on (${reason})`;
  return `port ${port}, for ${ports[name].of}, ${what}; choose another one with --${name}`;
}
