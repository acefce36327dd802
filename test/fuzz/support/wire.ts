import fc from 'fast-check';
import protobuf from 'protobufjs';

/**
 * Bytes that follow a message type and deviate from it in every way that the format allows or forbids: fields in
 * parts and repeated, unknown ones, of another wire type, groups, padded or too long varints, lengths that are wrong
 * by one, strings that are no UTF-8.
 */
export function wireBytes(type: protobuf.Type, depth = 6): fc.Arbitrary<Buffer> {
  return fc.array(field(type, depth), { maxLength: 5 }).map((fields) => Buffer.concat(fields));
}

function field(type: protobuf.Type, depth: number): fc.Arbitrary<Buffer> {
  const known = fc.constantFrom(...type.fieldsArray).chain((each) => ofField(each.resolve(), depth));
  return fc.oneof({ weight: 12, arbitrary: known }, { weight: 1, arbitrary: stray }, { weight: 1, arbitrary: group });
}

const number = fc.oneof(fc.integer({ min: 1, max: 15 }), fc.constantFrom(16, 2047, 2048, 536_870_911, 0));

function ofField(known: protobuf.Field, depth: number): fc.Arbitrary<Buffer> {
  const { id, resolvedType: nested } = known;
  if (known instanceof protobuf.MapField) {
    const value = nested instanceof protobuf.Type ? message(nested, depth) : text;
    const entry = fc.array(fc.oneof(tagged(1, text), tagged(2, value), stray), { maxLength: 3 });
    return tagged(
      id,
      entry.map((parts) => Buffer.concat(parts)),
    );
  }
  if (nested instanceof protobuf.Type) return tagged(id, message(nested, depth));
  if (known.type === 'string') return tagged(id, text);
  if (known.type === 'bytes') return tagged(id, bytes);
  if (known.type === 'double') return fc.tuple(tag(id, 1), fixed(8)).map((parts) => Buffer.concat(parts));
  return fc.tuple(tag(id, 0), varint).map((parts) => Buffer.concat(parts));
}

function message(type: protobuf.Type, depth: number): fc.Arbitrary<Buffer> {
  return depth === 0 ? fc.constant(Buffer.alloc(0)) : wireBytes(type, depth - 1);
}

const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 5 }).map((each) => Buffer.from(each)) },
  { weight: 2, arbitrary: fc.constantFrom('__proto__', '', '/a', 'x-user').map((each) => Buffer.from(each)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom([0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]).map(Buffer.from),
  },
);
const bytes = fc.uint8Array({ maxLength: 5 }).map((each) => Buffer.from(each));

function fixed(length: number): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ minLength: length, maxLength: length }).map((each) => Buffer.from(each));
}

/** A varint, sometimes with empty bytes at its end, of which there may be too many. */
const varint = fc
  .tuple(
    fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, 2n ** 64n - 1n), fc.constantFrom(2n ** 32n, 2n ** 53n + 1n, 2n ** 64n)),
    fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 11 }) }),
  )
  .map(([value, padding]) => encodeVarint(value, padding));

function tag(id: number, wireType: number): fc.Arbitrary<Buffer> {
  const padding = fc.oneof(
    { weight: 20, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 6 }) },
  );
  return padding.map((count) => encodeVarint(BigInt(id) * 8n + BigInt(wireType), count));
}

/** A length-delimited field; its length is wrong now and then. */
function tagged(id: number, content: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const error = fc.oneof(
    { weight: 60, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(-1, 1, 2 ** 31) },
  );
  return fc
    .tuple(tag(id, 2), content, error)
    .map(([head, body, off]) => Buffer.concat([head, encodeVarint(BigInt(Math.max(0, body.length + off)), 0), body]));
}

const plain: fc.Arbitrary<Buffer> = number.chain((id) =>
  fc.oneof(
    fc.tuple(tag(id, 0), varint).map((parts) => Buffer.concat(parts)),
    fc.tuple(tag(id, 1), fixed(8)).map((parts) => Buffer.concat(parts)),
    tagged(id, bytes),
    fc.tuple(tag(id, 5), fixed(4)).map((parts) => Buffer.concat(parts)),
  ),
);

/** A field that is not there, or not like this; wire types 4, 6 and 7 are no fields at all. */
const stray = fc.oneof(
  { weight: 9, arbitrary: plain },
  { weight: 1, arbitrary: number.chain((id) => fc.constantFrom(4, 6, 7).chain((wireType) => tag(id, wireType))) },
);

/** A group in a group; one in eight does not end as it began. */
const group = fc
  .tuple(number, number, fc.array(plain, { maxLength: 2 }), fc.nat(7))
  .chain(([outer, inner, fields, luck]) =>
    fc
      .tuple(tag(outer, 3), tag(inner, 3), tag(inner, 4), tag(luck === 0 ? outer + 1 : outer, 4))
      .map(([begin, innerBegin, innerEnd, end]) => Buffer.concat([begin, innerBegin, ...fields, innerEnd, end])),
  );

function encodeVarint(value: bigint, padding: number): Buffer {
  const encoded: number[] = [];
  let rest = value;
  do {
    encoded.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  } while (rest > 0n);
  for (let count = 0; count < padding; count += 1) encoded.push(0x80);
  encoded[encoded.length - 1] = (encoded.at(-1) ?? 0) & 0x7f;
  return Buffer.from(encoded);
}
