import { Buffer } from 'node:buffer';
import type { Registry } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wellKnownTypes } from '../../../src/check/grpc-body/grpc-descriptors.js';
import { parseGrpcMessage } from '../../../src/check/grpc-body/grpc-message.js';
import type { MessageRules } from '../../../src/check/grpc-body/protobuf-rules.js';
import { encodeJson } from '../../../src/json/encode.js';
import { JsonNumber, type JsonValue } from '../../../src/json/json.js';
import { parseJson } from '../../../src/json/parse.js';
import { descriptors, lengthField, recordedMessages } from './grpc-fixture.js';

const { types } = descriptors();
const rules: MessageRules = { types, maxDepth: 100, maxValues: 100_000, otherWireType: 'unknown' };

/** JSON text with the members of objects in order, or the refusal. */
function read(type: string, wire: Uint8Array, changes: Partial<MessageRules> = {}): string {
  const described = types.getMessage(type);
  if (described === undefined) throw new Error(`${type} is not described`);
  const parsed = parseGrpcMessage(described, wire, { ...rules, ...changes });
  return parsed.ok ? sorted(encodeJson(parsed.value)) : `${parsed.error.reason}: ${parsed.error.message}`;
}

const readKinds = (wire: Uint8Array, changes: Partial<MessageRules> = {}) => read('kinds.v1.Kinds', wire, changes);

/** The order of members says nothing; the text of numbers does, and is kept. */
function sorted(json: string): string {
  const parsed = parseJson(json, { duplicateNames: 'refuse' });
  if (!parsed.ok) throw new Error(parsed.error);
  return encodeJson(inOrder(parsed.value));
}

function inOrder(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return value;
  const ordered: Record<string, JsonValue> = Object.create(null);
  for (const [name, item] of Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) {
    ordered[name] = inOrder(item ?? null);
  }
  return ordered;
}

/** What protobuf-go lets pass inside an Any and nowhere else. */
const refusedHere = ['any that is not complete'];

describe.each<['known' | 'plugin', Registry]>([
  ['known', types],
  ['plugin', wellKnownTypes],
])('the same JSON as protobuf-go, %s types', (column, known) => {
  test.each(recordedMessages.map((message) => [message.name, message] as const))('%s', (name, message) => {
    const json = read(message.type, Buffer.from(message.wire, 'hex'), { types: known });
    if (message[column] === '' || refusedHere.includes(name)) expect(json).toMatch(/^body_invalid: /);
    else expect(json).toBe(sorted(message[column]));
  });
});

describe('another wire type', () => {
  test.each(
    recordedMessages.filter(({ name }) => name.includes('other wire type') || name.includes('another wire type')),
  )('$name is refused where it could show the backend something else', ({ type, wire }) => {
    expect(read(type, Buffer.from(wire, 'hex'), { otherWireType: 'refuse' })).toMatch(
      /^body_invalid: .* another wire type$/,
    );
  });
});

describe('limits', () => {
  const nested = (depth: number) => {
    let wire: Buffer = Buffer.alloc(0);
    for (let level = 1; level < depth; level += 1) wire = lengthField(17, wire);
    return wire;
  };
  const anyInAny = (depth: number) => {
    let wire: Buffer = Buffer.alloc(0);
    for (let level = 1; level < depth; level += 1) {
      wire = Buffer.concat([lengthField(1, Buffer.from('x/google.protobuf.Any')), lengthField(2, wire)]);
    }
    return lengthField(56, wire);
  };

  test('messages inside messages', () => {
    expect(readKinds(nested(100))).toMatch(/^\{"nested"/);
    expect(readKinds(nested(101))).toBe('body_too_complex: the message is nested too deep');
    expect(readKinds(anyInAny(50))).toMatch(/^\{"any"/);
    expect(readKinds(anyInAny(5_000))).toBe('body_too_complex: the message is nested too deep');
  });

  test('the deepest messages that the plugin mode takes do not overflow the stack', () => {
    expect(readKinds(nested(400), { maxDepth: 400 })).toMatch(/^\{"nested"/);
    expect(readKinds(nested(50_000), { maxDepth: 400 })).toBe('body_too_complex: the message is nested too deep');
  });

  test.each<[string, Uint8Array]>([
    ['messages', Buffer.alloc(300_003, lengthField(25, Buffer.alloc(0)))],
    ['packed numbers', lengthField(20, Buffer.alloc(100_001, 1))],
    ['numbers one by one', Buffer.alloc(300_003, Buffer.of(0xa0, 1, 1))],
    ['map entries', Buffer.alloc(300_003, lengthField(30, Buffer.alloc(0)))],
    ['one field again and again', Buffer.alloc(200_002, Buffer.of(0x18, 1))],
  ])('too many %s', (_, wire) => {
    expect(readKinds(wire)).toBe('body_too_complex: the message has too many values');
  });

  test('the limit counts what is packed into an Any too', () => {
    const inner = lengthField(20, Buffer.alloc(60_000, 1));
    const any = Buffer.concat([lengthField(1, Buffer.from('x/kinds.v1.Kinds')), lengthField(2, inner)]);
    expect(readKinds(lengthField(61, any))).toMatch(/^\{"anys"/);
    expect(readKinds(Buffer.concat([lengthField(61, any), lengthField(61, any)]))).toBe(
      'body_too_complex: the message has too many values',
    );
  });
});

test('a message never throws, and what is strictly accepted reads the same either way', () => {
  const seeds = recordedMessages
    .filter(({ type }) => type === 'kinds.v1.Kinds')
    .map(({ wire }) => Buffer.from(wire, 'hex'));
  const damaged = fc
    .tuple(fc.constantFrom(...seeds), fc.constantFrom(...seeds), fc.nat(), fc.uint8Array({ maxLength: 4 }))
    .map(([one, other, at, bytes]) => {
      const joined = Buffer.concat([one, other]);
      const place = at % (joined.length + 1);
      return Buffer.concat([joined.subarray(0, place), bytes, joined.subarray(place + (at % 3))]);
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 60 })), (wire) => {
      const strict = readKinds(wire, { otherWireType: 'refuse' });
      const lenient = readKinds(wire);
      expect(strict === lenient || strict.endsWith('another wire type')).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('a refusal quotes no more of the body than a type name', () => {
  const any = lengthField(56, lengthField(1, Buffer.from(`x/${'y'.repeat(5_000)}`)));
  expect(readKinds(any).length).toBeLessThan(300);
});
