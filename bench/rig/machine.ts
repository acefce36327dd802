import { cpus, release, totalmem } from 'node:os';
import { findTool } from '../../scripts/tools/find-tool.js';
import { runCommand } from '../../scripts/tools/run-command.js';
import type { Cores } from './cores.js';
import type { NodeRuntime } from './programs.js';

/** What the figures were measured on and with. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  /** GB. */
  readonly memory: number;
  readonly kernel: string;
  readonly placement: string;
  readonly versions: Readonly<Record<string, string>>;
}

export async function describeMachine(cores: Cores, runtimes: readonly NodeRuntime[]): Promise<Machine> {
  const list = cpus();
  const [opa, envoy] = await Promise.all([findTool('opa'), findTool('envoy')]);
  return {
    processor: list[0]?.model ?? 'unknown',
    cores: list.length,
    memory: Math.round(totalmem() / 2 ** 30),
    kernel: `${process.platform} ${release()}`,
    placement:
      cores.server === undefined
        ? 'not pinned: servers and load share all cores'
        : `what is measured on core ${cores.server}, load and Envoy on core ${cores.load}`,
    versions: {
      Node: runtimes.map(({ version }) => version.slice(1)).join(' and '),
      OPA: (await firstMatch(opa, ['version'], /Version: (\S+)/)) ?? 'unknown',
      Envoy: (await firstMatch(envoy, ['--version'], /\/(\d+\.\d+\.\d+)\//)) ?? 'unknown',
      Go: (await firstMatch('go', ['version'], /go(\d\S*)/)) ?? 'unknown',
      'grpc-js': await packageVersion('@grpc/grpc-js'),
    },
  };
}

async function firstMatch(program: string, args: readonly string[], pattern: RegExp): Promise<string | undefined> {
  return pattern.exec((await runCommand(program, args)).stdout)?.[1];
}

async function packageVersion(name: string): Promise<string> {
  const { default: description } = (await import(`${name}/package.json`, { with: { type: 'json' } })) as {
    default: { version: string };
  };
  return description.version;
}
