import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { portProblems } from '../../../scripts/demo/check-ports.js';
import { type DemoOptions, parseOptions, usage, usedPorts } from '../../../scripts/demo/options.js';

function options(...args: string[]): DemoOptions {
  const parsed = parseOptions(args);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** No port of the defaults, which the machine may use for something else. */
const elsewhere = ['--port', '1', '--backend-port', '2', '--portcullis-port', '3', '--admin-port', '4'];

test('without options, the embedded policy on the documented ports', () => {
  expect(options()).toEqual({
    engine: 'wasm',
    check: false,
    help: false,
    ports: {
      port: 8080,
      'backend-port': 8081,
      'portcullis-port': 9191,
      'admin-port': 9090,
      'envoy-admin-port': 9901,
      'opa-port': 8181,
    },
  });
});

test('the port of OPA counts only where one runs', () => {
  expect(usedPorts(options())).not.toContain('opa-port');
  expect(usedPorts(options('--engine', 'opa'))).toContain('opa-port');
});

test.each([
  [['--engine', 'rego'], /expected wasm or opa, found rego/],
  [['--port', '0'], /--port: expected a port from 1 to 65535, found 0/],
  [['--admin-port', '65536'], /--admin-port/],
  [['--opa-port', 'x'], /--opa-port/],
  [['--prot', '1'], /--prot/],
  [['start'], /start/],
])('%j is refused', (args, reason) => {
  expect(parseOptions(args)).toMatchObject({ ok: false, error: expect.stringMatching(reason) });
});

test('the usage names each port option', () => {
  for (const name of Object.keys(options().ports)) expect(usage).toContain(`--${name} N`);
});

test('a port that is taken is named with its use and its option', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const problems = await portProblems(options('--backend-port', String(port)));
  server.close();
  expect(problems).toContain(`port ${port}, for the backend, is taken; choose another one with --backend-port`);
});

test('two uses of one port are named', async () => {
  const problems = await portProblems(options(...elsewhere, '--envoy-admin-port', '4'));
  expect(problems).toContain('--admin-port and --envoy-admin-port are both 4');
});
