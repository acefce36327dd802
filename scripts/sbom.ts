import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLine, runCommand } from './tools/run-command.js';

// The bill of materials of what is shipped, as CycloneDX on standard output.
// `npm sbom --omit=dev` alone leaves out every package that a development dependency needs as well,
// such as undici, so npm is shown a lock file that never heard of development dependencies, nor of the example
// services, which are packages of their own in this workspace.

interface LockFile {
  packages: Record<string, { dev?: boolean; devDependencies?: unknown; workspaces?: unknown }>;
}

async function readJson<Value>(file: string): Promise<Value> {
  return JSON.parse(await readFile(file, 'utf8')) as Value;
}

async function npm(command: string, ...args: readonly string[]): Promise<string> {
  const outcome = await runCommand('npm', [command, ...args]);
  if (outcome.code !== 0) throw new Error(`npm ${command}: ${lastLine(outcome)}`);
  return outcome.stdout;
}

const manifest = await readJson<{ name: string; devDependencies?: unknown; workspaces?: unknown }>('package.json');
const lock = await readJson<LockFile>('package-lock.json');
const shipped = Object.entries(lock.packages).filter(([, { dev }]) => !dev);
lock.packages = Object.fromEntries(shipped);
delete manifest.devDependencies;
delete manifest.workspaces;
delete lock.packages['']?.devDependencies;
delete lock.packages['']?.workspaces;

const workshop = await mkdtemp(join(tmpdir(), 'portcullis-sbom-'));
try {
  // npm names the component after its folder.
  const folder = join(workshop, manifest.name);
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lock));
  await npm('prune', '--package-lock-only', '--offline', '--ignore-scripts', '--no-audit', '--prefix', folder);
  const format = ['--sbom-format=cyclonedx', '--sbom-type=application'];
  process.stdout.write(await npm('sbom', ...format, '--package-lock-only', '--prefix', folder));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await rm(workshop, { recursive: true, force: true });
}
