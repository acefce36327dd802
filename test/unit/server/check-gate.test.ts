import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { CheckReply } from '../../../src/check/check-handler.js';
import { type AnswerableCall, createCheckGate } from '../../../src/server/check-gate.js';
import { Turn } from '../../../src/server/turn.js';

const reply: CheckReply = { kind: 'response', bytes: Buffer.of(1) };

function callThat(answer: AnswerableCall['answer']): AnswerableCall {
  return { deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal, answer };
}

describe('checks that come in within one turn', () => {
  test('are begun behind each other when it is over, in their order, and each is answered', async () => {
    const seen: string[] = [];
    const handler = (request: Buffer) => {
      seen.push(`begin ${request[0]}`);
      return reply;
    };
    const gate = createCheckGate(handler, 10, { overloaded: () => seen.push('overloaded'), fault: () => undefined });
    for (const number of [1, 2, 3])
      gate.start(
        Buffer.of(number),
        callThat(() => seen.push(`answer ${number}`)),
      );
    expect(seen).toEqual([]);
    await nextTurn();
    expect(seen).toEqual(['begin 1', 'answer 1', 'begin 2', 'answer 2', 'begin 3', 'answer 3']);
    expect(gate.inFlight()).toBe(0);
  });

  test('count from when they come in, so that the limit holds before any of them is begun', async () => {
    const answers: CheckReply['kind'][] = [];
    let overloads = 0;
    const events = {
      overloaded: () => {
        overloads += 1;
      },
      fault: () => undefined,
    };
    const gate = createCheckGate(() => reply, 2, events);
    for (let count = 0; count < 3; count += 1)
      gate.start(
        Buffer.of(1),
        callThat(({ kind }) => answers.push(kind)),
      );
    expect([gate.inFlight(), overloads, answers]).toEqual([2, 1, ['status']]);
    await nextTurn();
    expect(answers).toEqual(['status', 'response', 'response']);
  });
});

describe('a turn', () => {
  test('begins what comes in while it runs in the next one', async () => {
    const begun: number[] = [];
    const turn: Turn<number> = new Turn((item) => {
      begun.push(item);
      if (item === 1) turn.add(3);
    });
    turn.add(1);
    turn.add(2);
    await nextTurn();
    expect(begun).toEqual([1, 2]);
    await nextTurn();
    expect(begun).toEqual([1, 2, 3]);
  });

  test('goes on behind one that throws', async () => {
    const begun: number[] = [];
    const turn = new Turn<number>((item) => {
      begun.push(item);
      if (item === 2) throw new Error('thrown on purpose');
    });
    const thrown = new Promise((resolve) => process.prependOnceListener('uncaughtException', resolve));
    const others = process.listeners('uncaughtException').slice(1);
    for (const listener of others) process.removeListener('uncaughtException', listener);
    for (const item of [1, 2, 3, 4]) turn.add(item);
    expect(await thrown).toMatchObject({ message: 'thrown on purpose' });
    for (const listener of others) process.on('uncaughtException', listener);
    await nextTurn();
    expect(begun).toEqual([1, 2, 3, 4]);
  });
});
