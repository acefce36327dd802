import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { withLock } from './lock.js';
import type { RunCommand } from './run-command.js';
import { isAtLeast, readVersion, type Tool } from './tool.js';
import type { Way } from './ways.js';

export interface Surroundings {
  readonly run: RunCommand;
  readonly ways: readonly Way[];
  /** Holds `bin/` and what is only there while a tool is being provided. */
  readonly folder: string;
  /** The PATH to look on. */
  readonly searchPath: string;
  readonly platform: NodeJS.Platform;
  readonly notice: (text: string) => void;
}

/** Finds the tool on the PATH or in the cache, or provides it. Processes that call at once do not disturb each other. */
export async function locateTool(tool: Tool, around: Surroundings): Promise<string> {
  const installed = await findOnPath(tool, around);
  if (installed !== undefined) return installed;
  const cached = join(around.folder, 'bin', tool.name);
  if (await isCurrent(tool, cached, around.run)) return cached;
  await mkdir(join(around.folder, 'bin'), { recursive: true });
  return withLock(join(around.folder, `${tool.name}.lock`), async () => {
    if (!(await isCurrent(tool, cached, around.run))) await provide(tool, cached, around);
    return cached;
  });
}

async function findOnPath(tool: Tool, around: Surroundings): Promise<string | undefined> {
  for (const folder of around.searchPath.split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const path = join(folder, tool.name);
    const version = await versionOf(tool, path, around.run);
    if (version === undefined) continue;
    if (!isAtLeast(version, tool.oldest)) {
      around.notice(`${path} is ${version}, older than ${tool.oldest}: not used.`);
      continue;
    }
    if (version !== tool.version)
      around.notice(`${path} is ${version}; the tests of this project run on ${tool.version}.`);
    return path;
  }
  return undefined;
}

async function versionOf(tool: Tool, path: string, run: RunCommand): Promise<string | undefined> {
  if (!(await isExecutable(path))) return undefined;
  const { code, stdout } = await run(path, tool.versionArgs);
  return code === 0 ? readVersion(tool, stdout) : undefined;
}

async function isCurrent(tool: Tool, path: string, run: RunCommand): Promise<boolean> {
  return (await versionOf(tool, path, run)) === tool.version;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function provide(tool: Tool, target: string, around: Surroundings): Promise<void> {
  const reasons: string[] = [];
  for (const way of around.ways) {
    around.notice(`${tool.name} ${tool.version} is not here yet: getting it from ${way.title}.`);
    const reason = await tryWay(tool, way, target, around);
    if (reason === undefined) return;
    reasons.push(`  ${way.title}: ${reason}`);
  }
  throw new Error([`There is no ${tool.name} ${tool.version}. What was tried:`, ...reasons, tool.advice].join('\n'));
}

/** Returns why the way led nowhere. What it got appears at `target` in one step, whole. */
async function tryWay(tool: Tool, way: Way, target: string, around: Surroundings): Promise<string | undefined> {
  const folder = join(around.folder, `${tool.name}-${randomUUID()}`);
  await mkdir(folder);
  try {
    const got = await way.get({ tool, run: around.run, folder, platform: around.platform });
    if (!got.ok) return got.error;
    const version = await versionOf(tool, got.value, around.run);
    if (version !== tool.version) return `what came does not run here, or is not ${tool.version}`;
    await rename(got.value, target);
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
