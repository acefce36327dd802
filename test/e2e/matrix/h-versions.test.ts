import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEnvoyVersion } from '../../../scripts/tools/find-tool.js';
import { echoedHeader } from '../../support/http.js';
import { printLogsOnFailure } from '../../support/process.js';
import { type Stack, startStack } from '../../support/stack.js';
import { as } from '../callers.js';
import { type Gateway, gatewayOf } from './support/gateway.js';
import { oldestEnvoy, suspectedEnvoy } from './support/versions.js';

printLogsOnFailure();

const rego = `package envoy.authz

allow := {"allowed": true, "headers": {"x-user": "ours"}} if input.parsed_path == ["set"]

allow := {
	"allowed": false,
	"http_status": 401,
	"body": "who are you?",
	"headers": {
		"www-authenticate": ["Basic realm=\\"a\\"", "Bearer realm=\\"b\\""],
		"set-cookie": ["a=1", "b=2"],
		"content-type": "text/x-question",
	},
} if input.parsed_path == ["deny"]

allow := input.parsed_body.owner == "alice" if input.parsed_path == ["body"]
`;

const path = 'envoy/authz/allow';

/** An Envoy that does not itself remove what a client wrote into identity headers. */
function trusting({ connectionManager }: Gateway): void {
  delete connectionManager['early_header_mutation_extensions'];
}

function readingBodies({ extAuthz }: Gateway): void {
  extAuthz['with_request_body'] = { max_request_bytes: 64, allow_partial_message: false, pack_as_bytes: true };
}

function onEnvoy(version: string, policy: boolean, ...changes: ((gateway: Gateway) => void)[]): () => Stack {
  let stack: Stack | undefined;
  beforeAll(async () => {
    stack = await startStack({
      engine: 'wasm',
      transport: 'tcp',
      ...(policy && { policy: { rego, entrypoints: [path] }, config: { engine: { paths: [{ path }] } } }),
      envoy: {
        program: await findEnvoyVersion(version),
        change: (config) => {
          for (const change of changes) change(gatewayOf(config));
        },
      },
    });
  }, 180_000);
  afterAll(() => stack?.stop());
  return () => stack as Stack;
}

async function echoOfTwoCopies(stack: Stack): Promise<string[][]> {
  const once = await stack.sendForEcho('/set', { headers: [['x-user', 'theirs']] });
  const twice = await stack.sendForEcho('/set', {
    headers: [
      ['x-user', 'theirs'],
      ['X-User', 'root'],
    ],
  });
  return [once, twice].map((echo) => echoedHeader(echo, 'x-user'));
}

describe(`Envoy ${oldestEnvoy} with the sample policy`, () => {
  const stack = onEnvoy(oldestEnvoy, false);

  test.each([
    ['GET', '/cars', undefined, 200],
    ['GET', '/v1/admin/users/t', undefined, 200],
    ['POST', '/v1/admin/users/t', undefined, 401],
    ['POST', '/v1/admin/users/t', 'kelly', 403],
    ['POST', '/v1/admin/users/t', 'admin', 200],
    ['GET', '/demo', 'alice', 200],
    ['GET', '/demo', 'admin', 403],
    ['DELETE', '/cars/no-such-car', 'alice', 404],
    ['DELETE', '/cars/no-such-car', 'john', 403],
    ['GET', '/trucks', 'alice', 403],
    ['GET', '/health/liveness', undefined, 200],
    ['GET', '/cars/%2e%2e%2fadmin', 'alice', 400],
  ] as const)('H1 %s %s by %s is %i', async (method, target, person, status) => {
    expect((await stack().send(target, { method, headers: as(person) })).status).toBe(status);
  });
});

describe(`Envoy ${oldestEnvoy} with a policy of the test`, () => {
  const stack = onEnvoy(oldestEnvoy, true, trusting, readingBodies);

  test('H1 C5 a header that is set replaces what the client sent, once or twice', async () => {
    expect(await echoOfTwoCopies(stack())).toEqual([['ours'], ['ours']]);
  });

  test('H1 C21 each header of a denial arrives, also repeated ones, with status and body', async () => {
    const { status, body, headers } = await stack().send('/deny');
    expect({ status, body }).toEqual({ status: 401, body: 'who are you?' });
    expect(headers['www-authenticate']).toEqual(['Basic realm="a"', 'Bearer realm="b"']);
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(headers['content-type']).toBe('text/x-question');
  });

  test('H1 B1 B4 a body is decided on; one over the limit is refused without a check', async () => {
    const post = (body: string) =>
      stack().send('/body', {
        method: 'POST',
        body,
        headers: { ...as('alice'), 'content-type': 'application/json', 'x-echo': '1' },
      });
    expect((await post('{"owner": "alice"}')).status).toBe(200);
    expect((await post('{"owner": "bob"}')).status).toBe(403);
    expect((await post('{"owner": "alice"')).status).toBe(400);
    const before = stack().portcullis.decisionLog().length;
    expect((await post(JSON.stringify({ owner: 'alice', more: 'x'.repeat(100) }))).status).toBe(413);
    expect((await post('{"owner": "alice"}')).status).toBe(200);
    await expect.poll(() => stack().portcullis.decisionLog().length).toBe(before + 1);
  });
});

describe(`Envoy ${suspectedEnvoy}`, () => {
  const stack = onEnvoy(suspectedEnvoy, true, trusting);

  test('C6 the client sends the header once and twice, and the backend sees exactly ours', async () => {
    expect(await echoOfTwoCopies(stack())).toEqual([['ours'], ['ours']]);
  });
});
