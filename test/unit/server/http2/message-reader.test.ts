import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BufferBudget } from '../../../../src/server/http2/message-buffer.js';
import { MessageReader } from '../../../../src/server/http2/message-reader.js';

const limit = 1000;

function framed(message: Buffer, flag = 0): Buffer {
  const prefix = Buffer.of(flag, 0, 0, 0, 0);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** What is read from `pieces`: the message, or the name of the status. */
function read(pieces: readonly Buffer[], budget = new BufferBudget(1_000_000)): Buffer | string {
  const reader = new MessageReader(limit, budget);
  for (const piece of pieces) {
    const failure = reader.push(piece);
    if (failure !== undefined) return failure.status;
  }
  const end = reader.end();
  return end.ok ? end.value : end.error.status;
}

test('a message in one piece is a view of it', () => {
  const piece = framed(Buffer.from('message'));
  const message = read([piece]) as Buffer;
  expect(message.toString()).toBe('message');
  expect(message.buffer).toBe(piece.buffer);
});

test('a message reads the same however it is cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: limit }), fc.array(fc.nat(limit), { maxLength: 20 }), (bytes, cuts) => {
      const whole = framed(Buffer.from(bytes));
      const at = [...new Set([0, ...cuts.filter((cut) => cut < whole.length), whole.length])].sort((a, b) => a - b);
      const pieces = at.slice(1).map((end, index) => whole.subarray(at[index], end));
      expect(read(pieces)).toEqual(Buffer.from(bytes));
    }),
  );
});

describe('what is no single message', () => {
  const one = framed(Buffer.of(1, 2));
  test.each([
    ['nothing', [], 'UNIMPLEMENTED'],
    ['empty pieces', [Buffer.alloc(0)], 'UNIMPLEMENTED'],
    ['half a prefix', [one.subarray(0, 3)], 'INTERNAL'],
    ['a prefix alone', [one.subarray(0, 5)], 'INTERNAL'],
    ['half a message', [one.subarray(0, 6)], 'INTERNAL'],
    ['two messages in one piece', [Buffer.concat([one, one])], 'UNIMPLEMENTED'],
    ['two messages in two pieces', [one, one], 'UNIMPLEMENTED'],
    ['a byte too many', [one, Buffer.of(0)], 'UNIMPLEMENTED'],
    ['a byte too many, in pieces', [one.subarray(0, 6), Buffer.concat([one.subarray(6), one])], 'UNIMPLEMENTED'],
    ['a compressed message', [framed(Buffer.of(1), 1)], 'INTERNAL'],
    ['an unknown flag', [Buffer.of(0x80)], 'INTERNAL'],
    ['one byte over the limit, announced', [framed(Buffer.alloc(limit + 1)).subarray(0, 5)], 'RESOURCE_EXHAUSTED'],
    ['four gigabytes, announced', [Buffer.of(0, 255, 255, 255, 255)], 'RESOURCE_EXHAUSTED'],
    ['over the limit, its prefix in pieces', [Buffer.of(0, 255), Buffer.of(255, 255, 255)], 'RESOURCE_EXHAUSTED'],
  ] as const)('%s', (_, pieces, status) => {
    expect(read(pieces)).toBe(status);
  });

  test('a message of exactly the limit is read', () => {
    expect(read([framed(Buffer.alloc(limit))])).toHaveLength(limit);
  });
});

describe('the budget of unfinished messages', () => {
  test('a message in one piece needs none of it', () => {
    expect(read([framed(Buffer.alloc(limit))], new BufferBudget(0))).toHaveLength(limit);
  });

  test('an announced length takes nothing; what has come does, until it is released', () => {
    const budget = new BufferBudget(100);
    const first = new MessageReader(limit, budget);
    const piece = framed(Buffer.alloc(limit)).subarray(0, 90);
    expect(first.push(piece)).toBeUndefined();
    expect(read([piece], budget)).toBe('RESOURCE_EXHAUSTED');
    first.release();
    expect(read([piece], budget)).toBe('INTERNAL');
  });

  test('a message that comes byte by byte takes at most twice its size', () => {
    const whole = framed(Buffer.alloc(500, 7));
    const bytes = [...whole].map((byte) => Buffer.of(byte));
    expect(read(bytes, new BufferBudget(2 * whole.length))).toEqual(Buffer.alloc(500, 7));
  });
});
