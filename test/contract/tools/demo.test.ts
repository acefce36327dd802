import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { whyTaken } from '../../../scripts/demo/address.js';
import { type DemoOptions, parseOptions } from '../../../scripts/demo/options.js';
import { eventually } from '../../support/eventually.js';
import { repository } from '../../support/portcullis-server.js';
import { freePort } from '../../support/ports.js';
import { type Child, startChild } from '../../support/process.js';

const names = ['port', 'backend-port', 'portcullis-port', 'admin-port', 'envoy-admin-port', 'opa-port'] as const;
type Ports = DemoOptions['ports'];

const started: Child[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) await child.stop();
});

async function freePorts(): Promise<Ports> {
  const pairs = await Promise.all(names.map(async (name) => [name, await freePort()] as const));
  return Object.fromEntries(pairs) as Ports;
}

/** What `npm start` runs, without npm. */
function startDemo(ports: Ports, ...args: string[]): Child {
  const flags = names.flatMap((name) => [`--${name}`, String(ports[name])]);
  expect(parseOptions([...flags, ...args]).ok).toBe(true);
  const child = startChild({
    name: 'demo',
    program: process.execPath,
    args: ['--import', 'tsx', join(repository, 'scripts', 'demo.ts'), ...flags, ...args],
    cwd: repository,
  });
  started.push(child);
  return child;
}

const output = (child: Child) => [...child.stdout, ...child.stderr].join('\n');

/** Fails if anything still listens on one of the ports. */
async function expectNothingListens(ports: Ports): Promise<void> {
  const taken = await Promise.all(names.map((name) => whyTaken(`127.0.0.1:${ports[name]}`)));
  expect(taken).toEqual(names.map(() => undefined));
}

async function untilServing(demo: Child): Promise<void> {
  await eventually(() => expect(output(demo)).toContain('Envoy serves'), { within: 15_000 });
}

test.each(['wasm', 'opa'])(
  'B-30 with --engine %s, --check sends the requests and each has the expected status',
  async (engine) => {
    const ports = await freePorts();
    const demo = startDemo(ports, '--engine', engine, '--check');
    const { code } = await demo.exited;
    expect(output(demo)).toMatch(/\d\d as expected, 0 not/);
    expect(code).toBe(0);
    await expectNothingListens(ports);
  },
);

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends everything', async (signal) => {
  const ports = await freePorts();
  const demo = startDemo(ports);
  await untilServing(demo);
  expect(output(demo)).toContain(`curl -i http://127.0.0.1:${ports.port}/cars`);
  demo.signal(signal);
  expect(await demo.exited).toEqual({ code: 0, signal: null });
  await expectNothingListens(ports);
});

test('a signal while it is starting ends everything', async () => {
  const ports = await freePorts();
  const demo = startDemo(ports);
  await eventually(async () => expect(await whyTaken(`127.0.0.1:${ports['backend-port']}`)).toBeDefined());
  demo.signal('SIGINT');
  expect((await demo.exited).code).toBe(0);
  await expectNothingListens(ports);
});

test('a port that is taken is named with the option that changes it', async () => {
  const ports = await freePorts();
  const other = createServer().listen(ports['portcullis-port'], '127.0.0.1');
  await once(other, 'listening');
  const demo = startDemo(ports);
  const { code } = await demo.exited;
  other.close();
  expect(output(demo)).toContain('choose another one with --portcullis-port');
  expect(code).toBe(1);
});

test('when one program ends, its last lines are shown, everything ends and the exit code says so', async () => {
  const ports = await freePorts();
  const demo = startDemo(ports);
  await untilServing(demo);
  await fetch(`http://127.0.0.1:${ports['envoy-admin-port']}/quitquitquit`, { method: 'POST' });
  expect((await demo.exited).code).toBe(1);
  expect(output(demo)).toContain('Envoy has ended');
  await expectNothingListens(ports);
});
