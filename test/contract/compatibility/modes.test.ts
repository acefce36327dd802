import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Ask } from '../../../scripts/docs/compatibility/deviation.js';
import { layer } from '../../../src/config/layers.js';
import { type ConfigFile, repository } from '../../support/portcullis-server.js';
import { encodeRequest } from '../../unit/check/peer-codec.js';
import { answerTo } from './ask.js';
import { engineKinds, type PolicyServer, preparePolicy, type Served } from './servers.js';

const policyFile = new URL('policy.rego', import.meta.url).pathname;
const unprotected = { decision: { protected_headers: [] } };
const preset = { compatibility: 'opa-envoy-plugin', ...unprotected };
const none = { compatibility: 'none', ...unprotected };

const get = (path: string) => ({ method: 'GET', path });
const post = (type: string, body: string) => ({ method: 'POST', path: '/', headers: { 'content-type': type }, body });
const shown = (http: Ask['http'], shows: string): Ask => ({ ...(http !== undefined && { http }), shows });

let policy: PolicyServer;
beforeAll(async () => {
  policy = await preparePolicy('wasm', policyFile);
});
afterAll(() => policy.stop());

const serve = (...layers: readonly object[]) => policy.serve(layers.reduce<unknown>(layer, {}) as ConfigFile);

describe.each([
  ['none', none, 'deny Forbidden', 'deny InternalServerError'],
  ['opa-envoy-plugin', preset, 'gRPC UNKNOWN', 'gRPC UNKNOWN'],
] as const)('§6.3 item 91 dry run, compatibility %s', (mode, config, undefinedAnswer, faultAnswer) => {
  const bare = mode === 'none' ? '' : ', bare';
  let served: Served;
  beforeAll(async () => {
    served = await serve(config, { decision: { dry_run: true } });
  });

  test.each<readonly [string, Ask, string]>([
    ['a denial is an allow with an OK response', { decision: 'false' }, 'allow'],
    [
      'a denial keeps its metadata and nothing else',
      {
        decision:
          '{"allowed":false,"http_status":401,"headers":{"a":"b"},"body":"no","dynamic_metadata":{"m":1},"request_headers_to_remove":["c"]}',
      },
      'allow, metadata {"m":1}',
    ],
    ['an allow stays bare', { decision: 'true' }, `allow${bare}`],
    [
      'an allow keeps its changes',
      {
        decision:
          '{"allowed":true,"headers":{"a":"b"},"request_headers_to_remove":["c"],"response_headers_to_add":{"d":"e"},"query_parameters_to_set":{"f":"g"},"query_parameters_to_remove":["h"],"dynamic_metadata":{"m":1}}',
      },
      'allow, set a: b, remove c, respond d: e, query f=g, query without h, metadata {"m":1}',
    ],
    ['an undefined decision is not covered', { rule: 'nothing' }, undefinedAnswer],
    ['a built-in error is not covered', { rule: 'division by zero' }, undefinedAnswer],
    ['a conflict is not covered', { rule: 'conflict' }, faultAnswer],
    ['a malformed decision is not covered', { decision: '{"allowed":"true"}' }, faultAnswer],
    ['a malformed denial is not covered', { decision: '{"allowed":false,"body":1}' }, faultAnswer],
    ['a status that no denial has is not covered', { decision: '{"allowed":false,"http_status":999}' }, faultAnswer],
  ])('%s', async (_title, ask, answer) => {
    expect(await answerTo(served.client, ask)).toBe(answer);
  });

  test.each<readonly [string, Ask['http']]>([
    ['a bad path', get('/%')],
    ['a bad query', get('/?a=%')],
    ['a bad body', post('application/json', '{')],
  ])('%s is still 400', async (_title, http) => {
    expect(await answerTo(served.client, { http: http ?? {} })).toMatch(/^deny BadRequest, body /);
  });

  test('a timeout is not covered', async () => {
    const { client } = await serve(config, { decision: { dry_run: true }, engine: { timeout: '1ms' } });
    expect(await answerTo(client, { rule: 'slow' })).toBe('gRPC DEADLINE_EXCEEDED');
  });

  test('protected headers are removed all the same', async () => {
    const { client } = await serve(config, { decision: { dry_run: true, protected_headers: ['x-user'] } });
    expect(await answerTo(client, { decision: 'false' })).toBe('allow, remove x-user, remove x_user');
  });
});

describe.each([
  ['none', none],
  ['opa-envoy-plugin', preset],
])('§6.3 item 72 body parsing off, compatibility %s', (_mode, config) => {
  let served: Served;
  beforeAll(async () => {
    served = await serve(config, { input: { body_parsing: 'off' } });
  });

  test.each<readonly [string, Ask, string]>([
    ['the keys are absent', shown(post('application/json', '1'), 'parsed_body'), 'parsed_body is absent'],
    ['both of them', shown(post('application/json', '1'), 'truncated_body'), 'truncated_body is absent'],
    ['a bad body is tolerated', shown(post('application/json', '{'), 'parsed_path'), 'parsed_path [""]'],
    [
      'a bad content-length is tolerated',
      shown(
        { ...get('/a'), headers: { 'content-type': 'application/json', 'content-length': 'x' }, body: '1' },
        'parsed_path',
      ),
      'parsed_path ["a"]',
    ],
    [
      'the body is in the attributes',
      shown(post('application/json', '{'), 'attributes.request.http.body'),
      'attributes.request.http.body "{"',
    ],
  ])('%s', async (_title, ask, answer) => {
    expect(await answerTo(served.client, ask)).toBe(answer);
  });

  test.each(['/%', '/?a=%', '/?a;b'])('GET %s is still 400', async (path) => {
    expect(await answerTo(served.client, { http: get(path) })).toMatch(/^deny BadRequest, body /);
  });
});

describe('one behaviour without the rest', () => {
  test('encoded slashes stay inside their segment, and all else is as strict as before', async () => {
    const { client } = await serve(none, { input: { encoded_slashes: 'keep' } });
    const path = (target: string) => answerTo(client, shown(get(target), 'parsed_path'));
    expect(await path('/a%2Fb/c')).toBe('parsed_path ["a/b","c"]');
    for (const target of ['/a%2F..%2Fb', '/a//b', '/%00', '/a%5cb', '/a%252fb', '/a#b']) {
      expect(await path(target)).toMatch(/^deny BadRequest/);
    }
  });

  test('malformed queries are tolerated alone', async () => {
    const { client } = await serve(none, { input: { query_parsing: 'lenient' } });
    expect(await answerTo(client, shown(get('/?a=1&b;c&d=%'), 'parsed_query'))).toBe('parsed_query {"a":["1"]}');
    expect(await answerTo(client, { http: get('/%') })).toMatch(/^deny BadRequest/);
  });
});

describe.each(engineKinds)('engine %s', (kind) => {
  let own: PolicyServer;
  let served: Served;
  beforeAll(async () => {
    own = await preparePolicy(kind, policyFile);
    served = await own.serve(preset);
  });
  afterAll(() => own.stop());

  const reply = (ask: object) => served.client.call(Buffer.from(encodeRequest(ask as Record<string, unknown>))).reply;

  test('§6.3 item 92 a deadline that has passed is DEADLINE_EXCEEDED', async () => {
    const call = served.client.call(Buffer.from(encodeRequest({ attributes: {} })), { deadline: Date.now() - 1 });
    expect(await call.reply).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  });

  test('§6.3 item 53 a message of just 4 MiB is read, one byte more is RESOURCE_EXHAUSTED', async () => {
    const withBody = (body: string) =>
      encodeRequest({ attributes: { request: { http: { body } }, contextExtensions: { decision: 'true' } } });
    const around = withBody('x'.repeat(3_000_000)).length - 3_000_000;
    const sized = (size: number) => withBody('x'.repeat(size - around));
    const limit = 4 * 1024 * 1024;
    expect(sized(limit)).toHaveLength(limit);
    expect(await served.client.call(Buffer.from(sized(limit))).reply).toMatchObject({ code: 0 });
    expect(await served.client.call(Buffer.from(sized(limit + 1))).reply).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    });
  });

  test('an error says nothing of the policy', async () => {
    const conflict = await reply({ attributes: { contextExtensions: { rule: 'conflict' } } });
    expect(conflict).toEqual({ code: status.UNKNOWN, details: 'the policy gave no valid decision' });
    const nothing = await reply({ attributes: { contextExtensions: { rule: 'nothing' } } });
    expect(nothing).toEqual({ code: status.UNKNOWN, details: 'undefined decision' });
  });

  test('§6.3 item 98 the second version of the API is UNIMPLEMENTED', async () => {
    const path = '/envoy.service.auth.v2.Authorization/Check';
    expect(await served.client.call(Buffer.alloc(0), { path }).reply).toMatchObject({ code: status.UNIMPLEMENTED });
  });

  test('§6.3 item 99 an unknown method and reflection, while it is off, are UNIMPLEMENTED', async () => {
    for (const path of [
      '/envoy.service.auth.v3.Authorization/Nothing',
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
    ]) {
      expect(await served.client.call(Buffer.alloc(0), { path }).reply).toMatchObject({ code: status.UNIMPLEMENTED });
    }
  });

  test('§6.3 item 96 a reload in the middle of load fails and mixes nothing', async () => {
    const ask = shown(get('/a/b'), 'parsed_path');
    const answers: Promise<string>[] = [];
    const asking = setInterval(() => answers.push(answerTo(served.client, ask)), 1);
    for (let round = 0; round < 3; round += 1) await served.reconfigure(preset);
    clearInterval(asking);
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['parsed_path ["a","b"]']));
  });

  test('§6.3 item 101 the order within one header is kept', async () => {
    const values = Array.from({ length: 20 }, (_, index) => `v${index}`);
    const decision = JSON.stringify({ allowed: true, headers: { b: values, a: 'x' } });
    const answer = await answerTo(served.client, { decision });
    expect(answer).toBe(`allow, set a: x, ${values.map((value) => `set b: ${value}`).join(', ')}`);
  });

  test('§6.3 item 102 equal requests at once get equal answers', async () => {
    const ask = shown({ ...get('/a/b?c=d'), headers: { e: 'f' } }, 'input');
    const answers = await Promise.all(Array.from({ length: 200 }, () => answerTo(served.client, ask)));
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('"parsed_path":["a","b"]');
  });
});

test('§6.3 item 97 before there is a policy, the decision is undefined', async () => {
  const other = await preparePolicy('opa', join(repository, 'test/fixtures/policies/literal/sample.rego'));
  onTestFinished(() => other.stop());
  const { client } = await other.serve(preset);
  expect(await answerTo(client, { decision: 'true' })).toBe('gRPC UNKNOWN');
});
