import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { projectionKey } from '../../../../src/engine/cached/projection.js';
import { encodeJson } from '../../../../src/json/encode.js';
import { JsonNumber, type JsonValue } from '../../../../src/json/json.js';
import { everything, InputPlace, type InputReads } from '../../../../src/policy/plan/input-reads.js';

/** `a.b c` reads `input.a.b` as a whole and `input.c`; `?a` only whether `a` is there. */
function reading(paths: string): InputReads {
  const root = new InputPlace();
  for (const path of paths.split(' ').filter((text) => text !== '')) {
    const place = path
      .replace('?', '')
      .split('.')
      .reduce((inner, name) => inner.member(name), root);
    if (!path.startsWith('?')) place.readWhole();
  }
  return root.reads();
}

const keyOf = (paths: string, input: JsonValue, parts: readonly string[] = []) =>
  projectionKey(reading(paths), input, parts);

describe('inputs that agree on what is read share a key', () => {
  test.each<[string, JsonValue, JsonValue]>([
    ['', { a: 1 }, { b: 'x' }],
    ['a', { a: 1, b: 1 }, { b: 2, a: 1 }],
    ['a.b', { a: { b: 1, c: 1 } }, { a: { b: 1, c: 2 }, d: 1 }],
    ['a', { a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }],
    ['a', { a: undefined, b: 1 }, { b: 2 }],
    ['a', { a: { x: 1, y: undefined } }, { a: { x: 1 } }],
    ['a', { a: 1 }, { a: new JsonNumber('1') }],
    ['?a', { a: { b: 1 } }, { a: { c: 1 } }],
    ['a.b', { a: 1 }, { a: 'x' }],
    ['a.length', { a: [1] }, { a: [1, 2] }],
    ['a.text', { a: new JsonNumber('1.0') }, { a: new JsonNumber('2.0') }],
    ['a.constructor', { a: {} }, { a: Object.create(null) as object as JsonValue }],
  ])('%s: %j and %j', (paths, left, right) => {
    expect(keyOf(paths, left)).toBe(keyOf(paths, right));
  });
});

describe('inputs that differ in what is read do not', () => {
  test.each<[string, JsonValue, JsonValue]>([
    ['a', { a: 1 }, { a: 2 }],
    ['a', { a: 1 }, {}],
    ['a', { a: null }, {}],
    ['a', { a: '1' }, { a: 1 }],
    ['a', { a: 'true' }, { a: true }],
    ['a', { a: 1 }, { a: new JsonNumber('1.0') }],
    ['a', { a: [] }, { a: {} }],
    ['a', { a: ['b', 'c'] }, { a: ['bc'] }],
    ['a', { a: ['b:sc', 'd'] }, { a: ['b', 'c:sd'] }],
    ['a', { a: ['b', ['c']] }, { a: [['b'], 'c'] }],
    ['a', { a: { b: 'c' } }, { a: ['b', 'c'] }],
    ['a b', { a: 'x', b: 'y' }, { a: 'y', b: 'x' }],
    ['a b', { a: 'x' }, { b: 'x' }],
    ['a b', { a: 'xs1:y', b: '' }, { a: 'x', b: 's1:y' }],
    ['a.b', { a: { b: 1 } }, { a: 1 }],
    ['a.b', { a: {} }, { a: [] }],
    ['a.b', { a: {} }, {}],
    ['?a', { a: 1 }, {}],
    ['?a', { a: {} }, { a: 1 }],
    ['__proto__', JSON.parse('{"__proto__":1}'), {}],
    ['a', { a: 'YQ==' }, { a: Uint8Array.of(97) }],
  ])('%s: %j and %j', (paths, left, right) => {
    expect(keyOf(paths, left)).not.toBe(keyOf(paths, right));
  });

  test('the path and the revision are apart from each other and from the input', () => {
    const keys = [
      keyOf('a', { a: 'x' }, ['p/a', 'r']),
      keyOf('a', { a: 'x' }, ['p/', 'ar']),
      keyOf('a', { a: 'x' }, ['p/ar', '']),
      keyOf('a', { a: '' }, ['p/a', 'rs1:x']),
      keyOf('a', { a: 'x' }, ['p/b', 'r']),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

test('two inputs share the key of the whole exactly if they are the same JSON', () => {
  const small = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<JsonValue>('', 'a', 's1:a', 0, 1, -0, null, true, false, new JsonNumber('1.0')),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('', 'a', 'b', '__proto__'), tie('value'), { maxKeys: 2 }),
    ),
  })).value;
  fc.assert(
    fc.property(small, small, (left, right) => {
      const same = projectionKey(everything, left, []) === projectionKey(everything, right, []);
      expect(same).toBe(encodeSorted(left) === encodeSorted(right));
    }),
    { numRuns: 3000 },
  );
});

function encodeSorted(value: JsonValue): string {
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber || value instanceof Uint8Array) {
    return encodeJson(value);
  }
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => encodeSorted(item)).join()}]`;
  const members = Object.entries(value as Record<string, JsonValue>).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${encodeSorted(inner)}`).join()}}`;
}

describe('what a key shows of a request', () => {
  const secret = 'secret-0123456789';

  test.each<[string, JsonValue]>([
    ['attributes.request.http.headers.authorization', { headers: { authorization: secret } }],
    ['attributes.request.http.headers', { headers: { cookie: secret } }],
    ['attributes.request.http', { path: secret }],
    ['attributes.request.http.path', { path: secret }],
    ['attributes.request.http.method attributes.request.http.body', { method: 'GET', body: secret }],
    ['attributes', { headers: { 'x-api-key': secret } }],
  ])('is nothing of %s', (paths, http) => {
    expect(keyOf(paths, { attributes: { request: { http } } })).toMatch(/^#[\w+/]{43}=$/);
  });

  test.each<[string, JsonValue]>([
    ['parsed_query', { parsed_query: { token: [secret] } }],
    ['parsed_body.password', { parsed_body: { password: secret } }],
    ['identity', { identity: { claims: { nonce: secret } } }],
    ['headers', { headers: { authorization: secret } }],
    ['constructor', { constructor: secret }],
  ])('is nothing of %s, of an input', (paths, input) => {
    expect(keyOf(paths, input)).toMatch(/^#[\w+/]{43}=$/);
  });

  test('is method, path and caller, as a text, unless it is long', () => {
    const paths = 'attributes.request.http.method parsed_path identity.subject';
    const input = (subject: string) => ({
      attributes: { request: { http: { method: 'GET' } } },
      parsed_path: ['cars'],
      identity: { subject },
    });
    expect(keyOf(paths, input('alice'), ['p/allow', 'r'])).toContain('alice');
    expect(keyOf(paths, input('a'.repeat(300)), ['p/allow', 'r'])).toMatch(/^#[\w+/]{43}=$/);
  });
});

test('two inputs share a key that is a text exactly if what is read of them is the same', () => {
  const reads = reading('attributes.request.http.method parsed_path identity.subject identity.roles');
  const forged = fc.constantFrom('', 'a', 's1:a', 'ms1:a', 'a1:s1:a', 's', '1:', 'u', '\ud800', '\ufffd');
  const input = fc.record({
    attributes: fc.record({ request: fc.record({ http: fc.record({ method: forged }) }) }),
    parsed_path: fc.array(forged, { maxLength: 3 }),
    identity: fc.option(fc.record({ subject: forged, roles: fc.array(forged, { maxLength: 2 }) }), { nil: undefined }),
  });
  fc.assert(
    fc.property(input, input, fc.boolean(), (left, other, same) => {
      const right = same ? structuredClone(left) : other;
      const shared = projectionKey(reads, left, ['p', '']) === projectionKey(reads, right, ['p', '']);
      expect(projectionKey(reads, left, ['p', ''])).toMatch(/^s/);
      expect(shared).toBe(JSON.stringify(left) === JSON.stringify(right));
    }),
    { numRuns: 3000 },
  );
});

describe('no key', () => {
  test('for an input nested so deeply that it could exhaust the stack', () => {
    let deep: JsonValue = 1;
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    expect(keyOf('a', { a: deep })).toBeUndefined();
    expect(projectionKey(everything, deep, [])).toBeUndefined();
    expect(keyOf('b', { a: deep, b: 1 })).toBeDefined();
  });

  test('for text that is no Unicode: two names would be hashed as one', () => {
    expect(keyOf('a', { a: { '\ud800': 1, '\ufffd': 2 } })).toBeUndefined();
    expect(keyOf('a', { a: '\udc00' })).toBeUndefined();
    expect(keyOf('a', { a: '\u{1f600}' })).toBeDefined();
  });
});
