import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { JsonNumber } from '../../../src/json/json.js';
import { eventually } from '../../support/eventually.js';
import { ask, codeOf } from './ask.js';

export interface EngineUnderTest {
  /** Makes an engine for the contract policy. Called more than once. */
  createEngine(): Engine | Promise<Engine>;
  /** Ends what `start` started. */
  stop(): Promise<void>;
  /** `input.size` with which the rule `slow` takes much longer than 50 ms. */
  readonly slowSize: number;
}

/** What every engine does, whatever is behind it. */
export function testEngineContract(name: string, start: () => Promise<EngineUnderTest>): void {
  describe(`the engine contract: ${name}`, () => {
    let subject: EngineUnderTest;
    let engine: Engine;

    beforeAll(async () => {
      subject = await start();
      engine = await subject.createEngine();
      await eventually(() => expect(engine.ready()).toBe(true));
    });

    afterAll(async () => {
      await engine?.close();
      await subject?.stop();
    });

    test('answers an allow, with the revision that gave it', async () => {
      expect(await ask(engine, 'contract/allow', { user: 'alice' })).toEqual({
        kind: 'result',
        result: true,
        revision: 'rev-1',
      });
    });

    test('answers a deny', async () => {
      const evaluation = await ask(engine, 'contract/verdict', { user: 'mallory' });
      expect(evaluation).toMatchObject({ kind: 'result', result: false });
    });

    test('answers an object, numbers as they were written', async () => {
      const evaluation = await ask(engine, 'contract/object', { user: 'alice' });
      expect(evaluation).toMatchObject({
        result: {
          allowed: true,
          headers: { 'x-user': 'alice' },
          number: new JsonNumber('1.0'),
          large: new JsonNumber('12345678901234567890'),
          roles: ['admin', 'user'],
        },
      });
    });

    test('writes a set as an array in the order of OPA', async () => {
      const unsorted = ['b', 10, 9, true, 'a', null, [1], 9, '\u{1f600}', '\uffff'];
      const evaluation = await ask(engine, 'contract/set', { unsorted });
      expect(evaluation).toMatchObject({ result: [null, true, 9, 10, 'a', 'b', '\uffff', '\u{1f600}', [1]] });
    });

    test('hands over the input unchanged', async () => {
      const input = { text: 'é \u{1f600} "\\ \u0001 \u2028', nested: { __proto__: null, '': [[], {}] }, none: null };
      const evaluation = await ask(engine, 'contract/echo', input);
      expect(evaluation.kind === 'result' && JSON.parse(JSON.stringify(evaluation.result))).toEqual(input);
    });

    test('a rule without a value is undefined', async () => {
      const evaluation = await ask(engine, 'contract/allow', { user: 'mallory' });
      expect(evaluation).toEqual({ kind: 'undefined', revision: 'rev-1' });
    });

    test('a rule that does not exist is undefined', async () => {
      expect((await ask(engine, 'contract/nothing', {})).kind).toBe('undefined');
    });

    test('a conflict is a policy error, and the evaluation after it is right', async () => {
      expect(codeOf(await ask(engine, 'contract/conflict', { values: [1, 2] }))).toBe('policy_error');
      expect(await ask(engine, 'contract/conflict', { values: [1] })).toMatchObject({ kind: 'result', result: 1 });
      expect((await ask(engine, 'contract/conflict', { values: [] })).kind).toBe('undefined');
    });

    test('an error inside a built-in is undefined', async () => {
      expect((await ask(engine, 'contract/builtin_error', { time: 'no time' })).kind).toBe('undefined');
      expect(await ask(engine, 'contract/handled_error', { time: 'no time' })).toMatchObject({ result: true });
    });

    test('A-70 A-74 C-34 an answer after the deadline is engine_timeout, and the evaluation after it is right', async () => {
      const late = await ask(engine, 'contract/slow', { size: subject.slowSize }, { within: 50 });
      expect(codeOf(late)).toBe('engine_timeout');
      expect(await ask(engine, 'contract/allow', { user: 'alice' })).toMatchObject({ result: true });
    });

    test('a deadline that has passed is engine_timeout', async () => {
      expect(codeOf(await ask(engine, 'contract/allow', { user: 'alice' }, { within: -1 }))).toBe('engine_timeout');
    });

    test('a check that Envoy has given up on is cancelled', async () => {
      const signal = AbortSignal.abort();
      expect(codeOf(await ask(engine, 'contract/allow', { user: 'alice' }, { signal }))).toBe('cancelled');
    });

    test('hundreds of evaluations at once do not mix their answers', async () => {
      const numbers = Array.from({ length: 600 }, (_, index) => index);
      const answers = await Promise.all(
        numbers.map((number) =>
          number % 5 === 0
            ? ask(engine, 'contract/conflict', { values: [number, -1] })
            : ask(engine, 'contract/echo', { number, padding: 'x'.repeat(number) }),
        ),
      );
      const seen = answers.map((answer) => (answer.kind === 'result' ? answer.result : codeOf(answer)));
      const expected = numbers.map((number) =>
        number % 5 === 0 ? 'policy_error' : { number, padding: 'x'.repeat(number) },
      );
      expect(seen).toEqual(expected);
    });

    test('knows the revision that answers', async () => {
      await ask(engine, 'contract/allow', { user: 'alice' });
      expect(engine.revision()).toBe('rev-1');
    });

    test('is not ready after close, says so to those who asked, and evaluates no more', async () => {
      const closing = await subject.createEngine();
      await eventually(() => expect(closing.ready()).toBe(true));
      const changes: boolean[] = [];
      closing.onReadyChange((ready) => changes.push(ready));
      const end = closing.onReadyChange(() => changes.push(true));
      end();
      await closing.close();
      expect(changes).toEqual([false]);
      expect(closing.ready()).toBe(false);
      expect(codeOf(await ask(closing, 'contract/allow', { user: 'alice' }))).toBe('engine_closed');
      await closing.close();
    });
  });
}
