import { afterEach, describe, expect, test } from 'vitest';
import { type Stack, type StackOptions, startStack } from '../support/stack.js';
import { as } from './callers.js';

let stack: Stack | undefined;
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});

async function start(options: StackOptions): Promise<Stack> {
  stack = await startStack(options);
  return stack;
}

/** Asks again and again until `done`; returns every status that came. */
async function traffic(running: Stack, done: () => boolean): Promise<number[]> {
  const statuses: number[] = [];
  while (!done()) statuses.push((await running.send('/trucks', { headers: as('alice') })).status);
  return statuses;
}

const badPolicy = {
  entrypoints: ['envoy/authz/allow'],
  rego: `package envoy.authz

allow := true if input.parsed_path == ["cars"]

# Two values for one rule: a conflict.
allow := "yes" if input.parsed_path == ["conflict"]
allow := "no" if input.parsed_path == ["conflict"]

allow := {"allowed": "yes"} if input.parsed_path == ["text"]
allow := {"allowed": 1} if input.parsed_path == ["one"]
allow := {} if input.parsed_path == ["empty"]
allow := 1 / count(input.parsed_query) > 0 if input.parsed_path == ["division"]

allow := true if {
	input.parsed_path == ["slow"]
	numbers_up_to := numbers.range(1, 400)
	count([1 | some i in numbers_up_to; some j in numbers_up_to; i * j == 7]) == 2
}
`,
} as const;

const onePath = { engine: { paths: [{ path: 'envoy/authz/allow' }] } };

describe.each(['tcp', 'uds'] as const)('opa over %s', (transport) => {
  test('A-70 C-31 OPA killed under traffic is 503 and never 200; OPA back, requests pass within two seconds', async () => {
    const running = await start({ engine: 'opa', transport });
    expect((await running.send('/cars')).status).toBe(200);

    let killed = false;
    const under = traffic(running, () => killed);
    await running.opa?.kill();
    killed = true;
    expect(new Set(await under)).not.toContain(200);
    expect((await running.send('/cars')).status).toBe(503);
    expect((await running.send('/health/liveness')).status).toBe(200);
    await expect.poll(async () => (await fetch(`${running.portcullis.adminUrl}/readyz`)).status).toBe(503);

    await running.opa?.restart();
    await expect.poll(async () => (await running.send('/cars')).status, { timeout: 2_000, interval: 20 }).toBe(200);
  });
});

describe.each(['wasm', 'opa'] as const)('%s', (engine) => {
  test('A-61 Portcullis killed: 503 everywhere but on the health paths', async () => {
    const running = await start({ engine, transport: 'uds' });
    await running.portcullis.kill();
    expect((await running.send('/cars')).status).toBe(503);
    expect((await running.send('/v1/admin/users/t', { method: 'POST', headers: as('admin') })).status).toBe(503);
    expect((await running.send('/health/liveness')).status).toBe(200);
  });

  test('A-71 A-72 A-73 C-33 a policy that fails, returns nonsense or has no answer never allows', async () => {
    const running = await start({ engine, transport: 'tcp', policy: badPolicy, config: onePath });
    const status = async (path: string) => (await running.send(path)).status;
    expect(await status('/cars')).toBe(200);
    expect(await status('/conflict')).toBe(500);
    expect(await status('/text')).toBe(500);
    expect(await status('/one')).toBe(500);
    expect(await status('/empty')).toBe(500);
    expect(await status('/division')).toBe(403);
    expect(await status('/nothing')).toBe(403);
    const body = (await running.send('/conflict')).body;
    expect(body).toBe('');
  });

  test('A-74 C-34 a decision that comes too late is 503', async () => {
    const running = await start({
      engine,
      transport: 'tcp',
      policy: badPolicy,
      config: { engine: { ...onePath.engine, timeout: '20ms' } },
    });
    expect((await running.send('/slow')).status).toBe(503);
    await expect
      .poll(() => running.portcullis.decisionLog().map((line) => line['reason']), { timeout: 5_000 })
      .toContain('engine_timeout');
    expect((await running.send('/cars')).status).toBe(200);
  });
});
