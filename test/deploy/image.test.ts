import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { runCommand } from '../../scripts/tools/run-command.js';
import { eventually } from '../support/eventually.js';
import { jsonLines } from '../support/json-lines.js';
import { repository } from '../support/portcullis-server.js';
import { buildImage, docker, inspect, nodeImage, uniqueName } from './support/docker.js';
import { differingPaths, type ImageFile, imageFiles } from './support/image-files.js';
import { megabytes, report } from './support/report.js';

const image = `${uniqueName('portcullis-image')}:one`;
const again = image.replace(':one', ':two');
let files: ReadonlyMap<string, ImageFile>;

beforeAll(async () => {
  await buildImage(image);
  files = await imageFiles(image);
}, 900_000);
afterAll(() => docker(['image', 'rm', '--force', image, again]).catch(() => ''));

const below = (folder: string) => [...files.keys()].filter((path) => path.startsWith(folder));

test('a second build from nothing holds the same paths, modes, owners and contents', async () => {
  await buildImage(again);
  expect(files.size).toBeGreaterThan(1_000);
  expect(differingPaths(files, await imageFiles(again))).toEqual([]);
  const config = async (tag: string) => (await imageOf(tag)).Config;
  expect(await config(again)).toEqual(await config(image));
}, 900_000);

test('A-91 it holds what serving takes, and nobody but root may change it', () => {
  const inApp = new Set(below('/app/').map((path) => path.split('/')[2]));
  inApp.delete('');
  expect([...inApp].sort()).toEqual(['LICENSE', 'dist', 'node_modules', 'package.json', 'policies', 'protos']);
  const writable = [...files].filter(([path, { owner, mode, type }]) => {
    const byOthers = type !== 'SymbolicLink' && (Number.parseInt(mode, 8) & 0o022) !== 0;
    return path.startsWith('/app/') && (owner !== '0:0' || byOthers);
  });
  expect(writable).toEqual([]);
  expect(below('/usr/local/lib/node_modules')).toEqual([]);
  expect(below('/root/.npm')).toEqual([]);
});

test('the packages in it are those of the SBOM, and none is for development', async () => {
  const { stdout } = await runCommand('npm', ['run', '--silent', '--prefix', repository, 'sbom']);
  const sbom = JSON.parse(stdout) as { components: { name: string; version: string }[] };
  const listed = sbom.components.map(({ name, version }) => `${name}@${version}`);
  expect(listed).toContainEqual(expect.stringMatching(/^pino@/));
  expect(await installedPackages()).toEqual([...new Set(listed)].sort());
  const { packages } = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const forDevelopment = Object.keys(packages).filter((path) => packages[path]?.dev);
  expect(forDevelopment.length).toBeGreaterThan(100);
  expect(forDevelopment.filter((path) => files.has(`/app/${path}/package.json`))).toEqual([]);
});

test('it says what it is and as whom it runs', async () => {
  const { version, license } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
    version: string;
    license: string;
  };
  const { Config: config } = await imageOf(image);
  expect(config.User).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  expect(config.Entrypoint[0]).toBe('node');
  const label = (name: string) => config.Labels[`org.opencontainers.image.${name}`];
  expect(label('title')).toBe('Portcullis');
  expect(label('version')).toBe(version);
  expect(label('licenses')).toBe(license);
  expect(label('base.name')).toBe(nodeImage);
  expect(label('revision')).toBe('unknown');
  expect(await docker(['run', '--rm', '--network', 'none', image, 'version'])).toBe(version);
});

describe('a container with a read-only file system and nothing it could do without', () => {
  test('becomes healthy; SIGTERM drains it and it ends with 0', async () => {
    const name = await start();
    await eventually(async () => expect((await stateOf(name)).Health?.Status).toBe('healthy'), { within: 30_000 });
    const [serving] = await logOf(name, 'serving');
    expect(serving).toMatchObject({ engine: 'wasm' });
    const { StartedAt: startedAt } = await stateOf(name);
    const took = Date.parse(String(serving?.['time'])) - Date.parse(startedAt);
    await docker(['stop', '--time', '20', name]);
    expect(await stateOf(name)).toMatchObject({ ExitCode: 0, OOMKilled: false });
    expect(await logOf(name, 'stopped')).toMatchObject([{ end: 'drained' }]);

    report('from the start of the container to the first check it could answer', `${took} ms`);
    const [size, base] = [(await imageOf(image)).Size, (await imageOf(nodeImage)).Size];
    report('size of the image', `${megabytes(size)}, of which ${megabytes(base)} are ${nodeImage}`);
  });

  test('SIGINT ends it too', async () => {
    const name = await start();
    await eventually(async () => expect(await logOf(name, 'serving')).toHaveLength(1), { within: 20_000 });
    await docker(['kill', '--signal', 'SIGINT', name]);
    await docker(['wait', name]);
    expect(await stateOf(name)).toMatchObject({ ExitCode: 0 });
  });

  test('is not healthy without the OPA that it was told to ask', async () => {
    const name = await start('--env', 'PORTCULLIS_ENGINE_KIND=opa');
    await eventually(async () => expect(await logOf(name, 'serving')).toHaveLength(1), { within: 20_000 });
    const { Config: config } = await imageOf(image);
    const [, ...command] = config.Healthcheck.Test;
    const { code, stderr } = await runCommand('docker', ['exec', name, ...command]);
    expect([code, stderr.trim()]).toEqual([1, 'portcullis: NOT_SERVING']);
  });
});

/** A container of the image until the test ends. */
async function start(...options: readonly string[]): Promise<string> {
  const name = uniqueName('portcullis-image');
  onTestFinished(async () => void (await docker(['rm', '--force', name])));
  const hardened = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--network', 'none'];
  await docker(['run', '--detach', '--name', name, '--memory', '256m', ...hardened, ...options, image]);
  return name;
}

async function stateOf(name: string) {
  const [container] = await inspect([name]);
  if (container === undefined) throw new Error(`there is no container ${name}`);
  return container.State;
}

/** The lines of the log with this message. */
async function logOf(name: string, message: string): Promise<Record<string, unknown>[]> {
  const { stderr } = await runCommand('docker', ['logs', name]);
  return jsonLines(stderr.split('\n')).filter(({ msg }) => msg === message);
}

interface Image {
  readonly Size: number;
  readonly Config: {
    readonly User: string;
    readonly Entrypoint: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
    readonly Healthcheck: { readonly Test: readonly string[] };
  };
}

async function imageOf(tag: string): Promise<Image> {
  const [found] = JSON.parse(await docker(['image', 'inspect', tag])) as Image[];
  if (found === undefined) throw new Error(`there is no image ${tag}`);
  return found;
}

/** `name@version` of each installed package, sorted. */
async function installedPackages(): Promise<readonly string[]> {
  const lock = await docker([
    ...['run', '--rm', '--network', 'none', '--entrypoint', 'node', image],
    ...['-p', 'fs.readFileSync("/app/node_modules/.package-lock.json", "utf8")'],
  ]);
  const { packages } = JSON.parse(lock) as { packages: Record<string, { version: string }> };
  const named = Object.entries(packages).map(
    ([path, { version }]) => `${path.split('node_modules/').pop()}@${version}`,
  );
  return [...new Set(named)].sort();
}
