import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { checkRequest } from './proto-types.js';
import { expectAgreement } from './reader-agreement.js';
import { scan } from './wire-scan.js';

const name = fc.oneof(
  fc.constantFrom('', '__proto__', 'constructor', ':path', 'x-user'),
  fc.string({ unit: 'binary' }),
);

/** Any message of a type, in protobufjs's own form, to `depth` messages inside each other. */
function anyMessage(type: protobuf.Type, depth: number): fc.Arbitrary<protobuf.Message> {
  const fields = type.fieldsArray.filter(
    (field) => depth > 0 || !(field.resolve().resolvedType instanceof protobuf.Type),
  );
  const members = Object.fromEntries(fields.map((field) => [field.name, anyField(field, depth)]));
  const record = fc.record<Record<string, unknown>>(members, { requiredKeys: [] });
  return record.map((values) => type.create(oneOfEach(type, values)));
}

function anyField(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
  const value =
    field.resolvedType instanceof protobuf.Type ? anyMessage(field.resolvedType, depth - 1) : anyScalar(field);
  if (field.map) return fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: false });
  return field.repeated ? fc.array(value, { maxLength: 3 }) : value;
}

function anyScalar(field: protobuf.Field): fc.Arbitrary<unknown> {
  if (field.resolvedType instanceof protobuf.Enum) return fc.constantFrom(...Object.values(field.resolvedType.values));
  if (field.type === 'string') return name;
  if (field.type === 'bytes') return fc.uint8Array({ maxLength: 8 });
  if (field.type === 'bool') return fc.boolean();
  if (field.type === 'double') return fc.double();
  if (field.type === 'int64') return fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String);
  if (field.type === 'uint32') return fc.nat(0xffff_ffff);
  return fc.integer();
}

function oneOfEach(type: protobuf.Type, values: Record<string, unknown>): Record<string, unknown> {
  for (const { oneof } of type.oneofsArray) {
    for (const rival of oneof.filter((member) => values[member] !== undefined).slice(1)) delete values[rival];
  }
  return values;
}

const bytesOfMessage = anyMessage(checkRequest, 7).map((message) => Buffer.from(checkRequest.encode(message).finish()));

const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(3),
  insert: fc.uint8Array({ maxLength: 3 }),
});

/** Messages after each other, then bytes changed, cut out and put in. */
const brokenBytes = fc
  .tuple(fc.array(bytesOfMessage, { minLength: 1, maxLength: 2 }), fc.array(change, { maxLength: 3 }))
  .map(([messages, changes]) =>
    changes.reduce((bytes, { at, remove, insert }) => {
      const start = Math.floor(at * bytes.length);
      return Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)]);
    }, Buffer.concat(messages)),
  );

describe('the reader agrees with protobufjs', () => {
  test('on every message', () => {
    fc.assert(
      fc.property(bytesOfMessage, (bytes) => {
        expect(scan(bytes, checkRequest)).toBe('plain');
        expectAgreement(bytes);
      }),
      { numRuns: 300 },
    );
  });

  test('on broken messages, save for the differences that scan() knows', () => {
    const verdicts = { plain: 0, special: 0, malformed: 0 };
    fc.assert(
      fc.property(brokenBytes, (bytes) => {
        verdicts[scan(bytes, checkRequest)] += 1;
        expectAgreement(bytes);
      }),
      { numRuns: 1_000 },
    );
    expect(Math.min(verdicts.plain, verdicts.special, verdicts.malformed)).toBeGreaterThan(20);
  });

  test('on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void expectAgreement(Buffer.from(bytes))),
      { numRuns: 2_000 },
    );
  });
});
