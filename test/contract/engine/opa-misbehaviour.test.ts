import { afterEach, describe, expect, test } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { createOpaEngine, type OpaEngineOptions } from '../../../src/engine/opa/opa-engine.js';
import { eventually } from '../../support/eventually.js';
import { ask, codeOf, document } from './ask.js';
import { httpAnswer, type Misbehaviour, type SocketServer, startSocketServer } from './socket-server.js';

let server: SocketServer | undefined;
let engine: Engine | undefined;

afterEach(async () => {
  await engine?.close();
  await server?.stop();
  engine = undefined;
  server = undefined;
});

async function start(misbehave: Misbehaviour, options: Partial<OpaEngineOptions> = {}) {
  const started = await startSocketServer(misbehave);
  const made = createOpaEngine({ url: started.url, ...options });
  server = started;
  engine = made;
  return { server: started, engine: made };
}

const answering =
  (text: string): Misbehaviour =>
  (_request, socket) =>
    socket.write(text);
const good = httpAnswer(200, '{"result":true}');

describe('what is sent', () => {
  test('is the input as it was encoded, in a POST to the percent-encoded rule', async () => {
    const { engine, server } = await start(answering(good), { token: 'secret' });
    await ask(engine, 'a b/c%2f/ü?x', { user: 'é' });
    const [request = ''] = server.requests;
    expect(request).toContain('POST /v1/data/a%20b/c%252f/%C3%BC%3Fx?provenance=true HTTP/1.1\r\n');
    expect(request).toMatch(/\r\nauthorization: Bearer secret\r\n/i);
    expect(request.split('\r\n\r\n')[1]).toBe('{"input":{"user":"é"}}');
  });
});

describe('answers that are none', () => {
  test.each([
    ['A-70 C-32 status 500 without an error of the policy', httpAnswer(500, '{"code":"internal_error"}')],
    ['A-70 C-32 status 503', httpAnswer(503, 'busy')],
    ['A-70 C-32 status 400 that does not speak of the input', httpAnswer(400, '{"code":"unknown"}')],
    ['A-70 C-32 status 404', httpAnswer(404, '{"result":true}')],
    ['A-70 C-32 status 201 with a result', httpAnswer(201, '{"result":true}')],
    ['A-70 C-32 a redirect', httpAnswer(302, '{"result":true}', 'location: http://127.0.0.1/\r\n')],
    ['an evaluation that OPA cancelled', httpAnswer(500, '{"errors":[{"code":"eval_cancel_error","message":"x"}]}')],
    ['A-70 text that is not JSON', httpAnswer(200, 'true, probably')],
    ['A-70 JSON that is cut off', httpAnswer(200, '{"result":tr')],
    ['A-70 JSON that is no object', httpAnswer(200, '[{"result":true}]')],
    ['A-70 JSON with something behind it', httpAnswer(200, '{"result":true}{}')],
    ['A-70 an empty body', httpAnswer(200, '')],
    ['A-70 no HTTP', 'result: true\r\n\r\n'],
  ])('%s: engine_unreachable', async (_title, text) => {
    const { engine } = await start(answering(text));
    expect(codeOf(await ask(engine, 'a/b', {}))).toBe('engine_unreachable');
  });

  test('A-70 bytes that are not UTF-8: engine_unreachable', async () => {
    const { engine } = await start((_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{"result":"');
      socket.write(Buffer.from([0xff, 0x22, 0x7d]));
    });
    expect(codeOf(await ask(engine, 'a/b', {}))).toBe('engine_unreachable');
  });

  test('an answer over the limit: policy_error, since a client can bring it about, and it is not read to its end', async () => {
    let closed = false;
    const { engine } = await start(
      (_request, socket) => {
        socket.on('close', () => {
          closed = true;
        });
        socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n800\r\n${'x'.repeat(2048)}\r\n`);
      },
      { maxAnswerBytes: 1024 },
    );
    expect(codeOf(await ask(engine, 'a/b', {}))).toBe('policy_error');
    await eventually(() => expect(closed).toBe(true));
  });

  test('OPA refuses the input: policy_error, since a client can bring it about', async () => {
    const refusal = '{"code":"invalid_parameter","message":"invalid number: number too big"}';
    const { engine } = await start(answering(httpAnswer(400, refusal)));
    expect(codeOf(await ask(engine, 'a/b', {}))).toBe('policy_error');
  });

  test('the policy failed: policy_error, without the values that OPA puts behind the first line', async () => {
    const message = 'rule data.a.b produced conflicting values:\n  \\"s3cret\\" at /p.rego:3';
    const body = `{"code":"internal_error","errors":[{"code":"eval_conflict_error","message":"${message.replace('\n', '\\n')}","location":{"file":"p.rego","row":3}}]}`;
    const { engine } = await start(answering(httpAnswer(500, body)));
    const evaluation = await ask(engine, 'a/b', {});
    expect(codeOf(evaluation)).toBe('policy_error');
    const text = evaluation.kind === 'failed' ? evaluation.error.message : '';
    expect(text).toContain('eval_conflict_error');
    expect(text).toContain('p.rego:3');
    expect(text).not.toContain('s3cret');
  });
});

describe('the revision', () => {
  test.each([
    ['one bundle', '{"bundles":{"authz":{"revision":"abc"}}}', 'abc'],
    ['several bundles', '{"bundles":{"z":{"revision":"2"},"a":{"revision":"1"}}}', 'a=1,z=2'],
    ['several bundles of which one has a revision', '{"bundles":{"z":{"revision":""},"a":{"revision":"1"}}}', 'a=1'],
    ['no bundle', '{"version":"1.0.0"}', undefined],
  ])('of %s comes with the evaluation', async (_title, provenance, revision) => {
    const { engine } = await start(answering(httpAnswer(200, `{"provenance":${provenance},"result":{}}`)));
    expect((await ask(engine, 'a/b', {})).revision).toBe(revision);
    expect(engine.revision()).toBe(revision);
  });
});

describe('equal results', () => {
  const answers = ['{"a":1}', '{"a":1}', '{"a":1.0}', '{"a":1}', '{"b":1}'].map((result, index) => {
    const revision = index === 3 ? 'new' : 'old';
    return httpAnswer(200, `{"provenance":{"bundles":{"b":{"revision":"${revision}"}}},"result":${result}}`);
  });
  const inTurn: Misbehaviour = (_request, socket, index) => socket.write(answers[index] ?? '');
  const ask5 = async (engine: Engine) => {
    const seen = [];
    for (let index = 0; index < answers.length; index += 1) seen.push(await ask(engine, 'a/b', {}));
    return seen;
  };

  test('of one revision are one object, and no others are', async () => {
    const { engine } = await start(inTurn);
    const seen = await ask5(engine);
    expect(seen[1]).toBe(seen[0]);
    expect(new Set(seen).size).toBe(4);
    expect(seen.map(({ revision }) => revision)).toEqual(['old', 'old', 'old', 'new', 'old']);
  });

  test('are objects of their own where results are not remembered', async () => {
    const { engine } = await start(inTurn, { resultMemory: false });
    expect(new Set(await ask5(engine)).size).toBe(5);
  });
});

describe('connections that break', () => {
  test('A-70 C-31 nobody listens: engine_unreachable', async () => {
    const { engine, server } = await start(answering(good));
    await server.stop();
    expect(codeOf(await ask(engine, 'a/b', {}))).toBe('engine_unreachable');
  });

  test('A-70 dropped in the middle of the answer: engine_unreachable, and not asked again', async () => {
    const { engine, server } = await start((_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{"result":', () => socket.destroy());
    });
    expect(codeOf(await ask(engine, 'a/b', {}))).toBe('engine_unreachable');
    expect(server.requests).toHaveLength(1);
  });

  test('dropped before the answer: asked once more on a new connection', async () => {
    const { engine, server } = await start((_request, socket, index) => {
      if (index === 1) socket.destroy();
      else socket.write(good);
    });
    expect((await ask(engine, 'a/b', { first: true })).kind).toBe('result');
    expect((await ask(engine, 'a/b', { second: true })).kind).toBe('result');
    expect(server.requests).toHaveLength(3);
    expect(server.requests[2]).toContain('{"input":{"second":true}}');
  });

  test('A-70 dropped each time: engine_unreachable after two attempts', async () => {
    const { engine, server } = await start((_request, socket) => socket.destroy());
    expect(codeOf(await ask(engine, 'a/b', {}))).toBe('engine_unreachable');
    expect(server.requests).toHaveLength(2);
  });

  test('many kept connections that all broke fail no evaluation', async () => {
    const { engine } = await start((request, socket) => {
      if (request.includes('"phase":1')) socket.write(good);
      else if (/connection: close/i.test(request)) socket.end(good);
      else socket.resetAndDestroy();
    });
    const wave = (phase: number) => Promise.all(Array.from({ length: 20 }, () => ask(engine, 'a/b', { phase })));
    await wave(1);
    expect((await wave(2)).map((evaluation) => evaluation.kind)).toEqual(Array.from({ length: 20 }, () => 'result'));
  });
});

describe('the deadline', () => {
  const silent: Misbehaviour = () => undefined;

  test('A-70 A-74 C-34 no answer: engine_timeout, and the connection is closed so that OPA stops', async () => {
    let closed = false;
    const { engine } = await start((_request, socket) =>
      socket.on('close', () => {
        closed = true;
      }),
    );
    expect(codeOf(await ask(engine, 'a/b', {}, { within: 50 }))).toBe('engine_timeout');
    await eventually(() => expect(closed).toBe(true));
  });

  test('A-70 A-74 an answer that trickles in: engine_timeout', async () => {
    const { engine } = await start((_request, socket) => {
      const timer = setInterval(() => socket.write(' '), 10);
      socket.on('close', () => clearInterval(timer));
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{');
    });
    expect(codeOf(await ask(engine, 'a/b', {}, { within: 60 }))).toBe('engine_timeout');
  });

  test('holds while the evaluation waits for a connection, and then it is never sent', async () => {
    const { engine, server } = await start(
      (request, socket) => {
        if (request.includes('third')) socket.write(good);
      },
      { connections: 1 },
    );
    const first = ask(engine, 'a/b', 'first', { within: 400 });
    let firstOver = false;
    void first.then(() => {
      firstOver = true;
    });
    await eventually(() => expect(server.requests).toHaveLength(1));
    expect(codeOf(await ask(engine, 'a/b', 'second', { within: 30 }))).toBe('engine_timeout');
    expect(firstOver).toBe(false);
    expect(codeOf(await first)).toBe('engine_timeout');
    expect((await ask(engine, 'a/b', 'third')).kind).toBe('result');
    expect(server.requests.map((request) => request.split('\r\n\r\n')[1])).toEqual([
      '{"input":"first"}',
      '{"input":"third"}',
    ]);
  });

  test('an evaluation that timed out leaves the engine as it was', async () => {
    const { engine } = await start((_request, socket, index) => {
      if (index > 0) socket.write(good);
    });
    expect(codeOf(await ask(engine, 'a/b', {}, { within: 30 }))).toBe('engine_timeout');
    expect((await ask(engine, 'a/b', {})).kind).toBe('result');
  });

  test('Envoy gives up: cancelled', async () => {
    const { engine, server } = await start(silent);
    const controller = new AbortController();
    const evaluation = ask(engine, 'a/b', {}, { signal: controller.signal });
    await eventually(() => expect(server.requests).toHaveLength(1));
    controller.abort();
    expect(codeOf(await evaluation)).toBe('cancelled');
  });

  test('close ends what is under way with engine_closed', async () => {
    const { engine, server } = await start(silent, { connections: 1 });
    const evaluations = [1, 2, 3].map((number) =>
      engine.evaluate({ path: 'a/b', input: document({ number }), deadline: performance.now() + 10_000 }),
    );
    await eventually(() => expect(server.requests).toHaveLength(1));
    await engine.close();
    expect((await Promise.all(evaluations)).map(codeOf)).toEqual(['engine_closed', 'engine_closed', 'engine_closed']);
  });
});

describe('readiness', () => {
  test('a failed evaluation alone does not end it', async () => {
    const { engine } = await start(answering(httpAnswer(503, '{}')));
    await eventually(() => expect(engine.ready()).toBe(true));
    const changes: boolean[] = [];
    engine.onReadyChange((ready) => changes.push(ready));
    expect(codeOf(await ask(engine, 'a/b', {}))).toBe('engine_unreachable');
    expect(engine.ready()).toBe(true);
    expect(changes).toEqual([]);
  });

  test('a failed evaluation makes the next probe come at once', async () => {
    const never = 3_600_000;
    const { engine, server } = await start((_request, socket) => socket.destroy(), {
      probe: { ready: never, notReady: never, timeout: 500 },
    });
    await eventually(() => expect(engine.ready()).toBe(true));
    await server.stop();
    await ask(engine, 'a/b', {});
    await eventually(() => expect(engine.ready()).toBe(false));
  });
});
