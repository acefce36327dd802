import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import type { BatchOptions } from '../../../src/engine/opa/opa-batcher.js';
import { createOpaEngine, type OpaEngineOptions } from '../../../src/engine/opa/opa-engine.js';
import { eventually } from '../../support/eventually.js';
import { type OpaServer, startOpa } from '../../support/opa-server.js';
import { buildBundle } from '../../support/policy-bundle.js';
import { temporaryFolder } from '../../support/process.js';
import { ask, codeOf } from './ask.js';
import { contractPolicy } from './contract-policy.js';
import { testEngineContract } from './engine-contract.js';
import { httpAnswer, type SocketServer, startSocketServer } from './socket-server.js';

const batch: BatchOptions = { maxSize: 16, inFlight: 1, mayBatch: (_path, revision) => revision === 'rev-1' };

testEngineContract('opa with batches', async () => {
  const folder = await temporaryFolder();
  const bundle = await buildBundle({ ...contractPolicy, target: 'rego' });
  const opa = await startOpa({ bundle, socket: join(folder.path, 'opa.sock') });
  const stop = async () => {
    await opa.stop();
    await folder.remove();
  };
  return { createEngine: () => createOpaEngine({ url: opa.url, batch }), slowSize: 4000, stop };
});

describe('a real OPA', () => {
  let opa: OpaServer;
  let engine: Engine;

  beforeAll(async () => {
    opa = await startOpa({ bundle: await buildBundle({ ...contractPolicy, target: 'rego' }) });
  });
  afterEach(() => engine?.close());
  afterAll(() => opa?.stop());

  async function open(options: Partial<OpaEngineOptions> = {}): Promise<Engine> {
    engine = createOpaEngine({ url: opa.url, batch, ...options });
    await ask(engine, 'contract/allow', { user: 'alice' });
    return engine;
  }

  test('gives each of many different inputs for several rules its own answer and the revision', async () => {
    const engine = await open();
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, number) => {
        if (number % 3 === 0) return ask(engine, 'contract/allow', { user: number % 2 === 0 ? 'alice' : 'bob' });
        if (number % 3 === 1) return ask(engine, 'contract/set', { unsorted: [number, 'b', number, 'a'] });
        return ask(engine, 'contract/object', { user: `user ${number} "]}, {"` });
      }),
    );
    for (const [number, answer] of answers.entries()) {
      const { kind } = answer;
      if (number % 3 === 0 && number % 2 === 1) expect(answer).toEqual({ kind: 'undefined', revision: 'rev-1' });
      else if (number % 3 === 0) expect(answer).toEqual({ kind: 'result', result: true, revision: 'rev-1' });
      else if (number % 3 === 1) expect(answer).toMatchObject({ result: [number, 'a', 'b'], revision: 'rev-1' });
      else expect(kind).toBe('undefined');
    }
  });

  test('one input on which the policy fails fails alone', async () => {
    const engine = await open();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, number) =>
        ask(engine, 'contract/conflict', { values: number === 50 ? [1, 2] : [number] }),
      ),
    );
    const seen = answers.map((answer) => (answer.kind === 'result' ? answer.result : codeOf(answer)));
    expect(seen).toEqual(Array.from({ length: 100 }, (_, number) => (number === 50 ? 'policy_error' : number)));
  });

  test('one input that OPA refuses to read fails alone', async () => {
    const engine = await open();
    const encoded = Uint8Array.from(Buffer.from('{"user":1e999999999}'));
    const bad = { path: 'contract/verdict', input: { value: null, encoded }, deadline: performance.now() + 10_000 };
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, number) =>
        number === 20 ? engine.evaluate(bad) : ask(engine, 'contract/verdict', { user: 'alice' }),
      ),
    );
    expect(answers.map((answer) => (answer.kind === 'result' ? answer.result : codeOf(answer)))).toEqual(
      Array.from({ length: 40 }, (_, number) => (number === 20 ? 'policy_error' : true)),
    );
  });

  test('one slow input does not take its neighbours past their deadlines', async () => {
    const engine = await open();
    const within = 1500;
    const asked = Array.from({ length: 30 }, (_, number) =>
      ask(engine, 'contract/slow', { size: number === 15 ? 6000 : 2 }, { within }),
    );
    const answers = await Promise.all(asked);
    expect(answers.map((answer) => (answer.kind === 'result' ? answer.result : codeOf(answer)))).toEqual(
      Array.from({ length: 30 }, (_, number) => (number === 15 ? 'engine_timeout' : 4)),
    );
  });

  test('answers that are too long together are asked for one by one', async () => {
    const engine = await open({ maxAnswerBytes: 20_000 });
    const text = 'x'.repeat(4_000);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, number) => ask(engine, 'contract/echo', { number, text })),
    );
    expect(answers.map((answer) => answer.kind === 'result' && answer.result)).toEqual(
      Array.from({ length: 40 }, (_, number) => ({ number, text })),
    );
  });

  test('that forbids the query API is asked one by one, and it is told once', async () => {
    const rego = `package system.authz
default allow := false
allow if input.path != ["v1", "query"]
`;
    const { rego: rules, ...policy } = contractPolicy;
    const files = { 'policy.rego': String(rules), 'authz.rego': rego };
    const bundle = await buildBundle({ ...policy, rego: files, target: 'rego' });
    const guarded = await startOpa({ bundle, args: ['--authorization=basic'] });
    const refusals: string[] = [];
    const mayBatch = () => true;
    const engine = await open({
      url: guarded.url,
      batch: { ...batch, mayBatch, onRefused: (reason) => refusals.push(reason) },
    });
    try {
      for (let round = 0; round < 2; round += 1) {
        const answers = await Promise.all(
          Array.from({ length: 50 }, () => ask(engine, 'contract/verdict', { user: 'alice' })),
        );
        for (const answer of answers) expect(answer).toMatchObject({ kind: 'result', result: true });
      }
      expect(refusals).toEqual([expect.stringContaining('401')]);
    } finally {
      await guarded.stop();
    }
  });
});

describe('what is sent', () => {
  let server: SocketServer | undefined;
  let engine: Engine | undefined;

  afterEach(async () => {
    await engine?.close();
    await server?.stop();
  });

  /** A server that leaves each request waiting until it is told what to answer. */
  async function start(options: Partial<BatchOptions> = {}) {
    const waiting: ((body: string, status?: number) => void)[] = [];
    const started = await startSocketServer((_request, socket) => {
      waiting.push((body, status = 200) => socket.write(httpAnswer(status, body)));
    });
    const made = createOpaEngine({
      url: started.url,
      batch: { ...batch, patience: 10_000, mayBatch: () => true, ...options },
    });
    server = started;
    engine = made;
    const arrived = (count: number) => eventually(() => expect(started.requests).toHaveLength(count));
    return { engine: made, requests: started.requests, waiting, arrived };
  }

  const bodyOf = (request = '') => JSON.parse(request.split('\r\n\r\n')[1] ?? '') as { query?: string; input: unknown };
  const answered = (results: object, size: number, revision = 'r') =>
    JSON.stringify({ result: [{ results, revisions: { bundle: revision }, size }] });

  test('the first goes at once on its own, what comes meanwhile goes together', async () => {
    const { arrived, engine, requests, waiting } = await start();
    const all = [1, 2, 3].map((number) => ask(engine, 'a/b', { number }));
    await arrived(1);
    expect(requests[0]).toContain('POST /v1/data/a/b?');
    waiting[0]?.('{"result":1}');
    await arrived(2);
    expect(requests[1]).toContain('POST /v1/query HTTP/1.1');
    const { input, query } = bodyOf(requests[1]);
    expect(input).toEqual({ batch: [{ number: 2 }, { number: 3 }] });
    expect(query).toContain('data["a"]["b"] with input as one');
    waiting[1]?.(answered({ 1: 'three' }, 2));
    expect(await Promise.all(all)).toEqual([
      { kind: 'result', result: 1, revision: undefined },
      { kind: 'undefined', revision: 'r' },
      { kind: 'result', result: 'three', revision: 'r' },
    ]);
  });

  test('a decision path cannot break out of the query', async () => {
    const { arrived, engine, requests, waiting } = await start();
    const all = [1, 2, 3].map((number) => ask(engine, 'a"]/b\\', { number }));
    await arrived(1);
    waiting[0]?.('{"result":1}');
    await arrived(2);
    expect(bodyOf(requests[1]).query).toContain('data["a\\"]"]["b\\\\"] with');
    waiting[1]?.(answered({ 0: 2, 1: 3 }, 2));
    await Promise.all(all);
  });

  test('an element whose deadline passes while it waits is never sent, and none waits for ever', async () => {
    const { arrived, engine, requests, waiting } = await start();
    const first = ask(engine, 'a/b', 1);
    const late = ask(engine, 'a/b', 2, { within: 5 });
    const client = new AbortController();
    const left = ask(engine, 'a/b', 3, { signal: client.signal });
    client.abort();
    const others = [4, 5].map((number) => ask(engine, 'a/b', number));
    expect(codeOf(await late)).toBe('engine_timeout');
    expect(codeOf(await left)).toBe('cancelled');
    await arrived(1);
    waiting[0]?.('{"result":1}');
    await arrived(2);
    expect(bodyOf(requests[1]).input).toEqual({ batch: [4, 5] });
    waiting[1]?.(answered({ 0: 4, 1: 5 }, 2));
    expect(await Promise.all(others)).toMatchObject([{ result: 4 }, { result: 5 }]);
    await first;
  });

  test.each([
    ['another revision than the one it may be batched for', answered({ 0: 2, 1: 3 }, 2, 'changed'), 200],
    ['another number of elements', answered({ 0: 2, 1: 3 }, 3), 200],
    ['no result', '{}', 200],
    ['a failure of the policy', '{"code":"internal_error","errors":[{"code":"eval_conflict_error"}]}', 500],
    ['something that is no JSON', 'results', 200],
  ])('an answer with %s is not used: each is asked again on its own', async (_title, body, status) => {
    const { arrived, engine, requests, waiting } = await start({
      mayBatch: (_path, revision) => revision === undefined || revision === 'r',
    });
    const all = [1, 2, 3].map((number) => ask(engine, 'a/b', number));
    await arrived(1);
    waiting[0]?.('{"result":"one"}');
    await arrived(2);
    waiting[1]?.(body, status);
    await arrived(4);
    expect(requests.slice(2).map((request) => bodyOf(request))).toEqual([{ input: 2 }, { input: 3 }]);
    waiting[2]?.('{"result":"two"}');
    waiting[3]?.('{"result":"three"}');
    expect(await Promise.all(all)).toMatchObject([{ result: 'one' }, { result: 'two' }, { result: 'three' }]);
  });

  test('after a batch that came to nothing there is none for a while, so that a client cannot double the work', async () => {
    const { arrived, engine, requests, waiting } = await start();
    const all = [1, 2, 3].map((number) => ask(engine, 'a/b', number));
    await arrived(1);
    waiting[0]?.('{"result":1}');
    await arrived(2);
    waiting[1]?.('{}', 500);
    await arrived(4);
    all.push(...[4, 5, 6].map((number) => ask(engine, 'a/b', number)));
    await arrived(7);
    expect(requests.slice(2).every((request) => request.startsWith('POST /v1/data/'))).toBe(true);
    for (const answer of waiting.slice(2)) answer('{"result":0}');
    await Promise.all(all);
  });

  test('at most so many go together, long ones alone, each rule apart', async () => {
    const { arrived, engine, requests, waiting } = await start({ maxSize: 3 });
    const long = 'x'.repeat(1024 * 1024);
    const inputs = [0, 1, 2, 3, 4];
    const all = [
      ...inputs.map((number) => ask(engine, 'a/b', number)),
      ask(engine, 'a/b', long),
      ask(engine, 'c/d', 5),
      ask(engine, 'c/d', 6),
    ];
    for (let next = 1; next <= 5; next += 1) {
      await arrived(next);
      const { input } = bodyOf(requests[next - 1]);
      const size = (input as { batch?: readonly unknown[] }).batch?.length;
      waiting[next - 1]?.(size === undefined ? '{"result":0}' : answered({}, size));
    }
    await Promise.all(all);
    const sent = requests.map((request) => JSON.stringify(bodyOf(request).input).slice(0, 30));
    expect(sent.slice(0, 2)).toEqual(['0', '{"batch":[1,2,3]}']);
    expect(sent).toContain('{"batch":[5,6]}');
    expect(sent.find((text) => text.includes('xxx'))).toMatch(/^"xxx/);
  });

  test('what waits for a request that hangs goes after a moment', async () => {
    const { arrived, engine, requests, waiting } = await start({ patience: 5 });
    const all = [1, 2, 3].map((number) => ask(engine, 'a/b', number));
    await arrived(2);
    expect(bodyOf(requests[1]).input).toEqual({ batch: [2, 3] });
    waiting[1]?.(answered({ 0: 2, 1: 3 }, 2));
    expect(await Promise.all(all.slice(1))).toMatchObject([{ result: 2 }, { result: 3 }]);
    waiting[0]?.('{"result":1}');
    await all[0];
  });

  test('close ends what waits and what is under way', async () => {
    const { arrived, engine } = await start();
    const all = [1, 2, 3].map((number) => ask(engine, 'a/b', number));
    await arrived(1);
    await engine.close();
    expect((await Promise.all(all)).map(codeOf)).toEqual(['engine_closed', 'engine_closed', 'engine_closed']);
  });
});
