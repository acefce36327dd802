import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createInputDocument } from '../../../src/check/input/input-document.js';
import type { Engine, Evaluation } from '../../../src/engine/engine.js';
import { createOpaEngine, type OpaEngineOptions } from '../../../src/engine/opa/opa-engine.js';
import type { ProjectionOf } from '../../../src/engine/opa/projection.js';
import { encodeJson } from '../../../src/json/encode.js';
import type { JsonValue } from '../../../src/json/json.js';
import { readBundle } from '../../../src/policy/bundle/read-bundle.js';
import { everything, type InputReads } from '../../../src/policy/plan/input-reads.js';
import { policyReads } from '../../../src/policy/plan/policy-reads.js';
import { eventually } from '../../support/eventually.js';
import { type OpaServer, startOpa } from '../../support/opa-server.js';
import { buildBundle } from '../../support/policy-bundle.js';
import { temporaryFolder } from '../../support/process.js';
import { ask, codeOf } from './ask.js';
import { contractPolicy } from './contract-policy.js';
import { testEngineContract } from './engine-contract.js';
import { anything, inputsFor } from './random-inputs.js';
import { httpAnswer, type SocketServer, startSocketServer } from './socket-server.js';
import { trickyPolicies } from './tricky-policies.js';

testEngineContract('opa that is sent what is read, in batches', async () => {
  const bundle = await buildBundle({ ...contractPolicy, target: 'plan' });
  const opa = await startOpa({ bundle });
  const read = await readBundle(bundle);
  if (!read.ok) throw read.error;
  const { readSets } = policyReads(read.value, contractPolicy.entrypoints);
  const projection: ProjectionOf = (path, revision) => {
    const reads = readSets.get(path)?.input;
    if (reads === undefined || revision === undefined || revision !== contractPolicy.revision) return undefined;
    return { reads, revision };
  };
  const batch = { maxSize: 16, inFlight: 1, mayBatch: () => true };
  return { createEngine: () => createOpaEngine({ url: opa.url, batch, projection }), slowSize: 4000, stop: opa.stop };
});

const leaf: InputReads = { whole: false, members: new Map() };
const readsUser: InputReads = { whole: false, members: new Map([['user', { ...leaf, whole: true }]]) };

/** The plan of revision `r` reads `input.user`. */
const projection: ProjectionOf = (_path, revision) => (revision === 'r' ? { reads: readsUser, revision } : undefined);

describe('what OPA is sent', () => {
  let server: SocketServer | undefined;
  let engine: Engine | undefined;

  afterEach(async () => {
    await engine?.close();
    await server?.stop();
  });

  /** A server that leaves each request waiting until it is told what to answer. */
  async function start(options: Partial<OpaEngineOptions> = {}) {
    const waiting: ((body: string, status?: number) => void)[] = [];
    const started = await startSocketServer((_request, socket) => {
      waiting.push((body, status = 200) => socket.write(httpAnswer(status, body)));
    });
    const made = createOpaEngine({ url: started.url, projection, ...options });
    server = started;
    engine = made;
    const arrived = (count: number) => eventually(() => expect(started.requests).toHaveLength(count));
    /** The answer to the first, which tells the revision. */
    const open = async () => {
      const first = ask(made, 'a/b', { user: 'first', more: 1 });
      await arrived(1);
      waiting[0]?.(one('true'));
      await first;
    };
    return { engine: made, requests: started.requests, waiting, arrived, open };
  }

  const inputOf = (request = '') => (JSON.parse(request.split('\r\n\r\n')[1] ?? '') as { input: unknown }).input;
  const one = (result: string, revision = 'r', others = '') =>
    `{"provenance":{"bundles":{"b":{"revision":"${revision}"}${others}}},"result":${result}}`;
  const whole = { user: 'alice', cookie: 'secret' };

  test('is everything until it has told its revision, then what the plan of that revision says is read', async () => {
    const { arrived, engine, open, requests, waiting } = await start();
    await open();
    const second = ask(engine, 'a/b', whole);
    await arrived(2);
    waiting[1]?.(one('"second"'));
    expect(await second).toEqual({ kind: 'result', result: 'second', revision: 'r' });
    expect(requests.map(inputOf)).toEqual([{ user: 'first', more: 1 }, { user: 'alice' }]);
  });

  test.each([
    ['another revision', one('"cut"', 'new'), 200],
    ['no revision', '{"result":"cut"}', 200],
    ['a second bundle', one('"cut"', 'r', ',"z":{"revision":"r2"}'), 200],
    ['a second bundle without a revision', one('"cut"', 'r', ',"z":{"revision":""}'), 200],
    ['no result, of another revision', '{"provenance":{"bundles":{"b":{"revision":"new"}}}}', 200],
    ['a failure of the policy', '{"code":"internal_error","errors":[{"code":"eval_conflict_error"}]}', 500],
    ['a refusal of the input', '{"code":"invalid_parameter"}', 400],
    ['something that is no JSON', 'cut', 200],
  ])('is everything once more after an answer with %s, which does not count', async (_title, body, status) => {
    const { arrived, engine, open, requests, waiting } = await start();
    await open();
    const asked = ask(engine, 'a/b', whole);
    await arrived(2);
    waiting[1]?.(body, status);
    await arrived(3);
    waiting[2]?.(one('"whole"', 'new'));
    expect(await asked).toEqual({ kind: 'result', result: 'whole', revision: 'new' });
    expect(requests.slice(1).map(inputOf)).toEqual([{ user: 'alice' }, whole]);
  });

  test('a failure of the whole input is one, and it is not asked a third time', async () => {
    const { arrived, engine, open, requests, waiting } = await start();
    await open();
    const asked = ask(engine, 'a/b', whole);
    const failure = '{"code":"internal_error","errors":[{"code":"eval_conflict_error"}]}';
    await arrived(2);
    waiting[1]?.(failure, 500);
    await arrived(3);
    waiting[2]?.(failure, 500);
    expect(codeOf(await asked)).toBe('policy_error');
    expect(requests).toHaveLength(3);
  });

  test('an answer that is too long is asked for with everything', async () => {
    const { arrived, engine, open, waiting } = await start({ maxAnswerBytes: 1000 });
    await open();
    const asked = ask(engine, 'a/b', whole);
    await arrived(2);
    waiting[1]?.(one(`"${'x'.repeat(2000)}"`));
    await arrived(3);
    waiting[2]?.(one('"short"', 'new'));
    expect(await asked).toMatchObject({ kind: 'result', result: 'short', revision: 'new' });
  });

  test('nothing is asked again for a check whose deadline has passed', async () => {
    const { arrived, engine, open, requests, waiting } = await start();
    await open();
    const asked = ask(engine, 'a/b', whole, { within: 30 });
    await arrived(2);
    expect(codeOf(await asked)).toBe('engine_timeout');
    waiting[1]?.(one('"late"', 'new'));
    const next = ask(engine, 'a/b', { user: 'next' });
    await arrived(3);
    waiting[2]?.(one('"next"'));
    await next;
    expect(requests.map(inputOf)).toEqual([{ user: 'first', more: 1 }, { user: 'alice' }, { user: 'next' }]);
  });

  describe('in batches', () => {
    const batch = { maxSize: 16, inFlight: 1, patience: 10_000, mayBatch: () => true };
    const many = (results: object, size: number, bundles: object = { b: 'r' }) =>
      JSON.stringify({ result: [{ results, revisions: bundles, size }] });

    /** One request under way, and behind it four checks of which two read the same. */
    async function queued() {
      const started = await start({ batch });
      const { arrived, engine, open, waiting } = started;
      await open();
      const all = ['held', 'alice', 'bob', 'alice', 'carol'].map((user, number) =>
        ask(engine, 'a/b', { user, number }),
      );
      await arrived(2);
      waiting[1]?.(one('"held"'));
      await arrived(3);
      return { ...started, all };
    }

    test('inputs of which the policy reads the same are sent once, and each check has its answer', async () => {
      const { all, requests, waiting } = await queued();
      expect(inputOf(requests[2])).toEqual({ batch: [{ user: 'alice' }, { user: 'bob' }, { user: 'carol' }] });
      waiting[2]?.(many({ 0: 'for alice', 2: 'for carol' }, 3));
      expect(await Promise.all(all)).toEqual([
        { kind: 'result', result: 'held', revision: 'r' },
        { kind: 'result', result: 'for alice', revision: 'r' },
        { kind: 'undefined', revision: 'r' },
        { kind: 'result', result: 'for alice', revision: 'r' },
        { kind: 'result', result: 'for carol', revision: 'r' },
      ]);
    });

    test.each([
      ['another revision', many({ 0: 'cut', 1: 'cut', 2: 'cut' }, 3, { b: 'new' }), 200],
      ['a second bundle without a revision', many({ 0: 'cut', 1: 'cut', 2: 'cut' }, 3, { b: 'r', z: '' }), 200],
      ['a failure of the policy', '{"code":"internal_error","errors":[{"code":"eval_conflict_error"}]}', 500],
    ])('after %s each is asked on its own, with everything', async (_title, body, status) => {
      const { all, arrived, requests, waiting } = await queued();
      waiting[2]?.(body, status);
      await arrived(7);
      const users = ['alice', 'bob', 'alice', 'carol'];
      expect(requests.slice(3).map(inputOf)).toEqual(users.map((user, index) => ({ user, number: index + 1 })));
      for (const [index, answer] of waiting.slice(3).entries()) answer(one(`"${users[index]}"`, 'new'));
      expect(await Promise.all(all.slice(1))).toMatchObject(users.map((result) => ({ result, revision: 'new' })));
    });
  });
});

function sorted(evaluation: Evaluation): string {
  if (evaluation.kind !== 'result') return evaluation.kind === 'failed' ? codeOf(evaluation) : evaluation.kind;
  return encodeJson(evaluation.result);
}

function evaluate(engine: Engine, path: string, value: JsonValue): Evaluation | Promise<Evaluation> {
  return engine.evaluate({ path, input: createInputDocument(value), deadline: performance.now() + 20_000 });
}

describe('a real OPA decides alike by all of the input and by what is read of it:', () => {
  const titles = Object.keys(trickyPolicies);
  const path = (title: string) => `t${titles.indexOf(title)}/result`;
  let opa: OpaServer;
  let plain: Engine;
  let cut: Engine;
  let batched: Engine;
  let reads: ReadonlyMap<string, InputReads>;
  const used = { cut: 0 };

  beforeAll(async () => {
    const rego = titles.map((title, index) => [
      `t${index}.rego`,
      `package t${index}\n${trickyPolicies[title]?.rego}\n`,
    ]);
    const data = Object.assign({}, ...titles.map((title) => trickyPolicies[title]?.data ?? {}));
    const entrypoints = titles.map(path);
    const sources = { rego: Object.fromEntries(rego), data, entrypoints, revision: 'r', target: 'plan' } as const;
    const bundle = await buildBundle(sources);
    const read = await readBundle(bundle);
    if (!read.ok) throw read.error;
    const { readSets } = policyReads(read.value, entrypoints);
    reads = new Map([...readSets].map(([of, { input }]) => [of, input]));
    opa = await startOpa({ bundle });
    const projection: ProjectionOf = (of, revision) => {
      used.cut += revision === 'r' ? 1 : 0;
      return revision === 'r' ? { reads: reads.get(of) ?? everything, revision } : undefined;
    };
    const batch = {
      maxSize: 32,
      inFlight: 1,
      mayBatch: (_path: string, revision: string | undefined) => revision === 'r',
    };
    plain = createOpaEngine({ url: opa.url });
    cut = createOpaEngine({ url: opa.url, projection });
    batched = createOpaEngine({ url: opa.url, projection, batch });
    for (const engine of [plain, cut, batched]) await evaluate(engine, path('a member'), {});
  });
  afterAll(async () => {
    for (const engine of [plain, cut, batched]) await engine?.close();
    await opa?.stop();
  });

  test.each(titles)('%s', async (title) => {
    const drawn = [...fc.sample(inputsFor(reads.get(path(title)) ?? everything), 60), ...fc.sample(anything, 20)];
    // Portcullis's inputs are objects; OPA's data API, unlike its query API, takes null for none.
    const inputs = [...drawn, ...(trickyPolicies[title]?.samples ?? [])].filter((value) => value !== null);
    const asked = (engine: Engine) =>
      Promise.all(inputs.map(async (value) => sorted(await evaluate(engine, path(title), value))));
    const before = used.cut;
    const expected = await asked(plain);
    expect(await asked(cut)).toEqual(expected);
    expect(await asked(batched)).toEqual(expected);
    expect(used.cut, 'the input was cut down').toBeGreaterThan(before + inputs.length);
  });
});

test('while OPA changes to a policy that reads more, no check is decided by the new one without what it reads', async () => {
  const rule = (body: string) => `package p\ndefault allow := false\nallow if {\n${body}\n}\n`;
  const build = (revision: string, rego: string) =>
    buildBundle({ rego, entrypoints: ['p/allow'], revision, target: 'plan' });
  const before = await build('v1', rule('input.user == "alice"'));
  // What is not sent looks like what is not there: such a rule would allow.
  const after = await build('v2', rule('input.user == "alice"\nnot input.blocked'));
  const folder = await temporaryFolder();
  const served = join(folder.path, 'bundle.tar.gz');
  await copyFile(before, served);
  const opa = await startOpa({ bundle: served, args: ['--watch'] });
  const read = await readBundle(before);
  if (!read.ok) throw read.error;
  const input = policyReads(read.value, ['p/allow']).readSets.get('p/allow')?.input ?? everything;
  const projection: ProjectionOf = (_path, revision) => (revision === 'v1' ? { reads: input, revision } : undefined);
  const batch = { maxSize: 16, inFlight: 1, mayBatch: () => true };
  const engines = [undefined, batch].map((of) => createOpaEngine({ url: opa.url, projection, batch: of }));
  try {
    const seen = new Map<string, number>();
    const wave = async () => {
      const asked = engines.flatMap((engine) =>
        Array.from({ length: 20 }, (_, number) => ask(engine, 'p/allow', { user: 'alice', blocked: true, number })),
      );
      for (const evaluation of await Promise.all(asked)) {
        if (evaluation.kind !== 'result') throw new Error(codeOf(evaluation));
        const { result, revision = 'none' } = evaluation;
        expect({ result, revision }).toEqual({ result: revision === 'v1', revision });
        seen.set(revision, (seen.get(revision) ?? 0) + 1);
      }
    };
    for (let round = 0; round < 5; round += 1) await wave();
    const swapped = (async () => {
      await copyFile(after, join(folder.path, 'next'));
      await rename(join(folder.path, 'next'), served);
    })();
    await eventually(
      async () => {
        await wave();
        expect(seen.get('v2') ?? 0).toBeGreaterThan(40);
      },
      { within: 10_000 },
    );
    await swapped;
    expect(seen.get('v1')).toBeGreaterThan(0);
  } finally {
    for (const engine of engines) await engine.close();
    await opa.stop();
    await folder.remove();
  }
});
