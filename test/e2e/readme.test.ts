import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { whyTaken } from '../../scripts/demo/address.js';
import { ports } from '../../scripts/demo/options.js';
import { configKeys } from '../../src/config/schema-keys.js';
import { eventually } from '../support/eventually.js';
import { repository } from '../support/portcullis-server.js';
import { freeAddress, freePort } from '../support/ports.js';
import { answers200 } from '../support/process.js';
import { type Checkout, checkOut, untilNoProcess } from './checkout.js';
import { anchors, codeBlocks, codeIn, relativeLinks, tableOf } from './markdown.js';

// What the README says is done here as a stranger would do it: on a copy, after `npm ci`, by its own commands.

const readme = await readFile(join(repository, 'README.md'), 'utf8');
const manifest = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
  engines: { node: string };
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};

const curls = tableOf(readme, 'try', 'answer').map(([line = '', answer = '']) => ({
  line: codeIn(line)[0] ?? '',
  status: Number(/^\d{3}/.exec(answer)?.[0]),
}));

const commands = tableOf(readme, 'command', 'does').flatMap(([command = '']) => codeIn(command));

describe('its commands, in a fresh copy', () => {
  let checkout: Checkout;
  beforeAll(async () => {
    checkout = await checkOut();
    expect(await readdir(checkout.path)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(node_modules|dist)$/)]),
    );
    const installed = await checkout.run('npm ci --prefer-offline --no-audit --no-fund');
    expect(installed.stderr).not.toMatch(/npm error/);
    expect(installed.code).toBe(0);
  }, 300_000);
  afterAll(() => checkout?.remove(), 60_000);

  test('the two commands are npm ci and npm start', () => {
    expect(codeBlocks(readme, 'sh')[0]).toBe('npm ci && npm start');
    expect(readme).toContain('`npm start -- --engine opa`');
    expect(curls.length).toBeGreaterThanOrEqual(8);
  });

  test.each(['', '--engine opa'])(
    'A-10 A-11 A-13 A-47 A-60 B-30 npm start %s: each curl line has the status that stands beside it, and Ctrl-C leaves nothing behind',
    async (engine) => {
      const chosen = await Promise.all(Object.keys(ports).map(async (name) => [name, await freePort()] as const));
      const options = chosen.map(([name, port]) => `--${name} ${port}`).join(' ');
      const demo = checkout.start(`npm start -- ${options} ${engine}`);
      const hasEnded = demo.ended.then(({ code }) => {
        throw new Error(`npm start ended with ${code}\n${demo.output()}`);
      });
      const serves = eventually(() => expect(demo.output()).toContain('Envoy serves'), { within: 90_000, every: 100 });
      await Promise.race([serves, hasEnded]);

      const found = [];
      for (const { line } of curls) found.push({ line, status: await statusOf(line, Object.fromEntries(chosen)) });
      expect(found).toEqual(curls);

      await demo.interrupt();
      await hasEnded.catch(() => {});
      await untilNoProcess([checkout.path, ...chosen.map(([, port]) => `127.0.0.1:${port}`)]);
      for (const [name, port] of chosen) expect(await whyTaken(`127.0.0.1:${port}`), name).toBeUndefined();
    },
    150_000,
  );

  /** Runs the line with the port that was chosen in the place of the default. */
  async function statusOf(line: string, chosen: Readonly<Record<string, number>>): Promise<number> {
    expect(line).toContain(`http://127.0.0.1:${ports.port.default}/`);
    const here = line.replace(`127.0.0.1:${ports.port.default}/`, `127.0.0.1:${chosen['port']}/`);
    const { stdout, stderr, code } = await checkout.run(`${here} --silent --show-error --max-time 10`);
    expect(code, `${here}\n${stderr}`).toBe(0);
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(stdout)?.[1]);
  }

  test('npm run build, and Portcullis serves the shipped configuration by the command that stands below', async () => {
    const [build, serve] =
      codeBlocks(readme, 'sh')
        .find((block) => block.startsWith('npm run build'))
        ?.split('\n') ?? [];
    expect(await checkout.run(build ?? '')).toMatchObject({ code: 0 });
    await servesUntilInterrupted(serve ?? '');
  }, 120_000);

  test('each command of the table runs', async () => {
    expect(commands.length).toBeGreaterThanOrEqual(4);
    for (const command of commands) {
      const plain = command.replace(/\[.*?\]/g, '').trim();
      const withFile = command.replace('[--config FILE]', '--config examples/portcullis.yaml').trim();
      for (const line of new Set([plain, withFile])) {
        if (line.startsWith('portcullis serve')) await servesUntilInterrupted(asTyped(line));
        else if (line.startsWith('portcullis health')) await servesUntilInterrupted(serveCommand, asTyped(line));
        else expect(await checkout.run(asTyped(line)), line).toMatchObject({ code: 0, stderr: '' });
      }
    }
  }, 60_000);

  const serveCommand = 'node dist/main.js serve --config examples/portcullis.yaml';
  const asTyped = (command: string) => command.replace(/^portcullis /, 'node dist/main.js ');

  async function servesUntilInterrupted(command: string, meanwhile?: string): Promise<void> {
    const [grpc, admin] = [await freeAddress(), await freeAddress()];
    const addresses = { PORTCULLIS_GRPC_ADDRESS: grpc, PORTCULLIS_ADMIN_ADDRESS: admin };
    const running = checkout.start(command, addresses);
    await eventually(async () => expect(await answers200(`http://${admin}/readyz`), running.output()).toBe(true), {
      within: 20_000,
    });
    if (meanwhile !== undefined)
      expect(await checkout.run(meanwhile, addresses)).toMatchObject({ code: 0, stderr: '' });
    expect((await running.interrupt()).code).toBe(0);
  }
});

describe('its tables', () => {
  const rows = tableOf(readme, 'key', 'default', 'what it says');

  test.each(rows)('the key %s has the default %s', (key, shown) => {
    const [name = ''] = codeIn(key);
    const known = configKeys.find((one) => one.name === name);
    expect(known, name).toBeDefined();
    const [code] = codeIn(shown);
    expect(textOf(known?.default)).toBe(code);
  });

  test('the environment variable that it names is the one of that key', () => {
    const [, key, variable] = /`([a-z_.]+)` is `(PORTCULLIS_[A-Z_]+)`/.exec(readme) ?? [];
    expect(configKeys.find(({ name }) => name === key)?.variable).toBe(variable);
  });

  test('every dependency has its row and its reason, and nothing else has', () => {
    const named = tableOf(readme, 'package', 'why it is there').flatMap(([packages = '']) => codeIn(packages));
    expect(named.sort()).toEqual(Object.keys(manifest.dependencies).sort());
    const forDevelopment = /^For development: (.*?)\n\n/ms.exec(readme)?.[1] ?? '';
    const others = Object.keys(manifest.devDependencies).filter((name) => !name.startsWith('@types/'));
    expect(codeIn(forDevelopment).sort()).toEqual(others.sort());
  });

  test('the Node that it asks for is the one of package.json', () => {
    expect(`>=${/Node (\d+\.\d+) or newer/.exec(readme)?.[1]}`).toBe(manifest.engines.node);
  });
});

/** How the README writes a default: none for nothing and for an empty list. */
function textOf(value: unknown): string | undefined {
  if (!Array.isArray(value)) return value === undefined ? undefined : String(value);
  const [first] = value as { path?: string }[];
  return first?.path;
}

test('every link in the documentation leads to a file and a heading that are there', async () => {
  const broken: string[] = [];
  for (const page of await pages()) {
    const text = await readFile(page, 'utf8');
    for (const link of relativeLinks(text)) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      if (!(await leadsSomewhere(target, anchor))) broken.push(`${relative(repository, page)}: ${link}`);
    }
  }
  expect(broken).toEqual([]);
});

async function pages(): Promise<string[]> {
  const inDocs = await readdir(join(repository, 'docs'), { recursive: true });
  const names = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'protos/README.md'];
  return [...names, ...inDocs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name))].map((name) =>
    join(repository, name),
  );
}

async function leadsSomewhere(path: string, anchor: string | undefined): Promise<boolean> {
  if ((await stat(path).catch(() => undefined)) === undefined) return false;
  return anchor === undefined || anchors(await readFile(path, 'utf8')).includes(anchor);
}
