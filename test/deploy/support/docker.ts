import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { runCommand } from '../../../scripts/tools/run-command.js';
import { repository } from '../../support/portcullis-server.js';

/** What images are built on, and what small jobs beside the tests run in. */
export const nodeImage = process.env['IMAGE_NODE'] ?? 'node:26-bookworm-slim';

/** One that is undefined is taken away. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Runs `docker …` to its end and returns what it printed; throws with what it complained about. */
export async function docker(args: readonly string[], env: Variables = {}): Promise<string> {
  const { code, stdout, stderr } = await runCommand('docker', args, env);
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr.trim()}\n${stdout.trim()}`);
  return stdout.trim();
}

/** Builds the image that is shipped, from nothing. */
export async function buildImage(tag: string): Promise<void> {
  const base = `IMAGE_NODE=${nodeImage}`;
  await docker(['build', '--no-cache', '--quiet', '--tag', tag, '--build-arg', base, join(repository, '.')]);
}

/** As far as the tests look into it. */
export interface ContainerState {
  readonly Name: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly Pid: number;
    readonly ExitCode: number;
    readonly StartedAt: string;
    readonly OOMKilled: boolean;
    readonly Health?: { readonly Status: string };
  };
  readonly Config: {
    readonly User: string;
    readonly Image: string;
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly Privileged: boolean;
    readonly CapDrop: readonly string[] | null;
    readonly CapAdd: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
    readonly NetworkMode: string;
    readonly Memory: number;
    readonly NanoCpus: number;
    readonly PidsLimit: number | null;
    readonly PortBindings: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>>;
  };
}

export async function inspect(containers: readonly string[]): Promise<readonly ContainerState[]> {
  return containers.length === 0 ? [] : (JSON.parse(await docker(['inspect', ...containers])) as ContainerState[]);
}

/**
 * Kills the first process of a container from outside it, as the kernel would. After `docker kill`
 * the container counts as stopped by hand, and no restart policy brings it back.
 */
export async function crash(container: string): Promise<void> {
  const [found] = await inspect([container]);
  if (found === undefined || found.State.Pid === 0) throw new Error(`${container} does not run`);
  const kill = `process.kill(${found.State.Pid}, 'SIGKILL')`;
  await docker(['run', '--rm', '--pid', 'host', '--user', '0', nodeImage, 'node', '-e', kill]);
}

/** A name that no other run of the tests has. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`;
}
