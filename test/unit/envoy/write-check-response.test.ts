import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AllowAnswer, DenyAnswer, HeaderChange } from '../../../src/envoy/answer.js';
import { encodeCheckResponse } from '../../../src/envoy/encode-check-response.js';
import { writeCheckResponse } from '../../../src/envoy/write-check-response.js';
import { JsonNumber, type JsonObject, type JsonValue } from '../../../src/json/json.js';
import { checkResponse } from './proto-types.js';

const id = '0b6f0b6e-6a4e-4c0c-9d0c-6a4e0b6f0b6e';
const withId = { decision_id: id };
const overwrites = { append: {}, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' };

function allow(changes: Partial<AllowAnswer> = {}): AllowAnswer {
  return {
    kind: 'allow',
    headers: [],
    headersToRemove: [],
    responseHeaders: [],
    queryToSet: [],
    queryToRemove: [],
    metadata: {},
    ...changes,
  };
}

function deny(changes: Partial<DenyAnswer> = {}): DenyAnswer {
  return { kind: 'deny', status: 403, headers: [], body: '', metadata: {}, ...changes };
}

function set(name: string, value: string): HeaderChange {
  return { name, value, mode: 'overwrite' };
}

function add(name: string, value: string): HeaderChange {
  return { name, value, mode: 'add' };
}

/** As protobufjs reads it; only fields that are present. */
function decode(bytes: Buffer): Record<string, unknown> {
  return checkResponse.toObject(checkResponse.decode(bytes), { enums: String });
}

function writtenMetadata(metadata: JsonObject): unknown {
  const response = decode(writeCheckResponse(deny({ metadata }))) as { dynamic_metadata?: Struct };
  return response.dynamic_metadata && structToJson(response.dynamic_metadata);
}

interface Struct {
  readonly fields?: Readonly<Record<string, Value>>;
}

interface Value {
  readonly number_value?: number;
  readonly string_value?: string;
  readonly bool_value?: boolean;
  readonly struct_value?: Struct;
  readonly list_value?: { readonly values?: readonly Value[] };
}

function structToJson(struct: Struct): unknown {
  return Object.fromEntries(Object.entries(struct.fields ?? {}).map(([name, value]) => [name, valueToJson(value)]));
}

function valueToJson(value: Value): unknown {
  if (value.struct_value) return structToJson(value.struct_value);
  if (value.list_value) return (value.list_value.values ?? []).map(valueToJson);
  return value.number_value ?? value.string_value ?? value.bool_value ?? null;
}

describe('the status is always explicit', () => {
  test('an allow has an empty status message and ok_response', () => {
    expect([...writeCheckResponse(allow())]).toEqual([0x0a, 0x00, 0x1a, 0x00]);
  });

  test('a denial has PERMISSION_DENIED and denied_response, whatever its HTTP status', () => {
    expect([...writeCheckResponse(deny())]).toEqual([0x0a, 2, 0x08, 7, 0x12, 5, 0x0a, 3, 0x08, 0x93, 3]);
    expect(decode(writeCheckResponse(deny({ status: 401 })))).toEqual({
      status: { code: 7 },
      denied_response: { status: { code: 'Unauthorized' } },
    });
  });

  test('a bare answer has the status alone', () => {
    expect([...writeCheckResponse(allow({ bare: true }))]).toEqual([0x0a, 0x00]);
    expect([...writeCheckResponse(deny({ bare: true }))]).toEqual([0x0a, 2, 0x08, 7]);
  });

  test('of every answer', () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const bytes = writeCheckResponse(answer);
        expect([...bytes.subarray(0, answer.kind === 'allow' ? 2 : 4)]).toEqual(
          answer.kind === 'allow' ? [0x0a, 0] : [0x0a, 2, 0x08, 7],
        );
      }),
    );
  });
});

describe('headers', () => {
  test('towards the backend say append=false and OVERWRITE_IF_EXISTS_OR_ADD, also when asked to add', () => {
    for (const header of [set('x-user', 'alice'), add('x-user', 'alice')]) {
      const bytes = writeCheckResponse(allow({ headers: [header] }));
      expect(decode(bytes)).toEqual({
        status: {},
        ok_response: { headers: [{ header: { key: 'x-user', value: 'alice' }, ...overwrites }] },
      });
      expect(bytes.subarray(-4).toString('hex')).toBe('12001802');
    }
  });

  test('towards the client on allow overwrite explicitly, and those that repeat leave both fields unset', () => {
    const responseHeaders = [set('x-a', '1'), add('set-cookie', 'a=1'), add('set-cookie', 'b=2')];
    expect(decode(writeCheckResponse(allow({ responseHeaders })))).toEqual({
      status: {},
      ok_response: {
        response_headers_to_add: [
          { header: { key: 'x-a', value: '1' }, ...overwrites },
          { header: { key: 'set-cookie', value: 'a=1' } },
          { header: { key: 'set-cookie', value: 'b=2' } },
        ],
      },
    });
  });

  test('towards the client on denial likewise, with status and body', () => {
    const headers = [set('content-type', 'text/plain'), add('www-authenticate', 'Bearer')];
    expect(decode(writeCheckResponse(deny({ status: 302, headers, body: 'né 😀' })))).toEqual({
      status: { code: 7 },
      denied_response: {
        status: { code: 'Found' },
        headers: [
          { header: { key: 'content-type', value: 'text/plain' }, ...overwrites },
          { header: { key: 'www-authenticate', value: 'Bearer' } },
        ],
        body: 'né 😀',
      },
    });
  });

  test('to remove, and query parameters to set and remove', () => {
    const answer = allow({
      headersToRemove: ['authorization', 'cookie'],
      queryToSet: [
        { name: 'a', value: '1%202' },
        { name: 'a', value: '' },
      ],
      queryToRemove: ['token'],
    });
    expect(decode(writeCheckResponse(answer))).toEqual({
      status: {},
      ok_response: {
        headers_to_remove: ['authorization', 'cookie'],
        query_parameters_to_set: [
          { key: 'a', value: '1%202' },
          { key: 'a', value: '' },
        ],
        query_parameters_to_remove: ['token'],
      },
    });
  });
});

describe('dynamic metadata', () => {
  test('is absent when there is none', () => {
    expect(decode(writeCheckResponse(allow()))).not.toHaveProperty('dynamic_metadata');
  });

  test('keeps every kind of value', () => {
    const metadata = {
      n: null,
      yes: true,
      no: false,
      zero: 0,
      half: -0.5,
      text: '',
      list: [1, [], {}],
      object: { a: {} },
    };
    expect(writtenMetadata(metadata)).toEqual(metadata);
  });

  test('leaves out what is undefined and keeps names such as __proto__', () => {
    const metadata = JSON.parse('{"left":1,"__proto__":"kept"}') as JsonObject;
    const struct = writtenMetadata({ ...metadata, out: undefined }) as object;
    expect(Object.entries(struct)).toEqual([
      ['left', 1],
      ['__proto__', 'kept'],
    ]);
  });

  test('turns number text into a double, and what no double can hold into text', () => {
    const metadata = {
      a: new JsonNumber('1.50'),
      b: new JsonNumber('1E400'),
      c: Number.NaN,
      d: Number.POSITIVE_INFINITY,
    };
    expect(writtenMetadata(metadata)).toEqual({ a: 1.5, b: '1E400', c: 'NaN', d: 'Infinity' });
  });

  test('turns bytes into base64', () => {
    expect(writtenMetadata({ a: new Uint8Array([0xff, 0]) })).toEqual({ a: '/wA=' });
  });

  test.each([
    ['objects', (inner: JsonValue): JsonValue => ({ a: inner })],
    ['lists', (inner: JsonValue): JsonValue => [inner]],
  ])('of %s inside each other ends where Envoy could not decode it', (_title, wrap) => {
    let value: JsonValue = 'end';
    for (let level = 0; level < 5_000; level += 1) value = wrap(value);
    const bytes = writeCheckResponse(deny({ metadata: { value } }));
    expect(nesting(decode(bytes)['dynamic_metadata'])).toBeLessThan(100);
    expect(nesting(decode(bytes)['dynamic_metadata'])).toBeGreaterThan(40);
  });
});

/** Messages inside each other; what protobufjs shows as a map stands for its entries. */
function nesting(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return (Array.isArray(value) ? 0 : 1) + Math.max(0, ...Object.values(value).map(nesting));
}

describe('constant answers', () => {
  const samples = [allow(), allow({ bare: true }), deny(), deny({ bare: true })];

  test.each(samples)('are the same bytes as the general way writes: %j', (sample) => {
    const answer = { ...sample, metadata: withId };
    expect(writeCheckResponse(answer)).toEqual(encodeCheckResponse(answer));
    expect(structToJson(decode(writeCheckResponse(answer))['dynamic_metadata'] as Struct)).toEqual(withId);
  });

  test('do not share memory', () => {
    const first = writeCheckResponse(allow({ metadata: withId }));
    writeCheckResponse(allow({ metadata: { decision_id: id.toUpperCase() } }));
    expect(first.toString('latin1')).toContain(id);
  });

  test.each([
    ['an id of another length', { decision_id: 'short' }],
    ['an id of 36 characters but more bytes', { decision_id: 'é'.repeat(36) }],
    ['an id that is no string', { decision_id: 1 }],
    ['more than the id', { decision_id: id, more: true }],
  ])('are not used for %s', (_title, metadata) => {
    expect(writtenMetadata(metadata)).toEqual(metadata);
  });

  test.each([
    allow({ headers: [set('a', 'b')] }),
    allow({ headersToRemove: ['a'] }),
    allow({ responseHeaders: [set('a', 'b')] }),
    allow({ queryToSet: [{ name: 'a', value: 'b' }] }),
    allow({ queryToRemove: ['a'] }),
    deny({ status: 404 }),
    deny({ headers: [set('a', 'b')] }),
    deny({ body: 'no' }),
  ])('are not used when there is more to say: %j', (sample) => {
    const answer = { ...sample, metadata: withId };
    expect(writeCheckResponse(answer)).toEqual(encodeCheckResponse(answer));
    expect(writeCheckResponse(answer).length).toBeGreaterThan(encodeCheckResponse({ ...answer, bare: true }).length);
  });
});

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer({ min: 0, max: 20_000 }).map((length) => '€'.repeat(length)),
);
const header = fc.record({ name: text, value: text, mode: fc.constantFrom('overwrite' as const, 'add' as const) });
const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>;
const metadata = fc.dictionary(text, json, { maxKeys: 3 });
const few = { maxLength: 3 };

const anyAllow: fc.Arbitrary<AllowAnswer> = fc.record({
  kind: fc.constant('allow' as const),
  headers: fc.array(header, few),
  headersToRemove: fc.array(text, few),
  responseHeaders: fc.array(header, few),
  queryToSet: fc.array(fc.record({ name: text, value: text }), few),
  queryToRemove: fc.array(text, few),
  metadata,
  bare: fc.boolean(),
});
const anyDeny: fc.Arbitrary<DenyAnswer> = fc.record({
  kind: fc.constant('deny' as const),
  status: fc.constantFrom(302, 401, 403, 404, 429, 503),
  headers: fc.array(header, few),
  body: text,
  metadata,
  bare: fc.boolean(),
});
const anyAnswer = fc.oneof(anyAllow, anyDeny);

function optionOf({ name, value, mode }: HeaderChange, always?: 'overwrite'): object {
  const option = { header: { key: name, value } };
  return (always ?? mode) === 'overwrite' ? { ...option, ...overwrites } : option;
}

describe('any answer', () => {
  function list<Item>(name: string, items: readonly Item[]): object {
    return items.length > 0 ? { [name]: items } : {};
  }

  function okOf(answer: AllowAnswer): object {
    return {
      ...list(
        'headers',
        answer.headers.map((change) => optionOf(change, 'overwrite')),
      ),
      ...list('headers_to_remove', answer.headersToRemove),
      ...list(
        'response_headers_to_add',
        answer.responseHeaders.map((change) => optionOf(change)),
      ),
      ...list(
        'query_parameters_to_set',
        answer.queryToSet.map(({ name, value }) => ({ key: name, value })),
      ),
      ...list('query_parameters_to_remove', answer.queryToRemove),
    };
  }

  test('is read by protobufjs as it was meant', () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        const { dynamic_metadata: written, ...response } = decode(writeCheckResponse(answer));
        expect(structToJson((written ?? {}) as Struct)).toEqual({ ...answer.metadata });
        if (answer.kind === 'allow') {
          expect(response).toEqual({ status: {}, ...(answer.bare ? {} : { ok_response: okOf(answer) }) });
          return;
        }
        const denied = (response['denied_response'] ?? { status: undefined }) as Record<string, unknown>;
        const { status, ...rest } = denied;
        expect(status === undefined).toBe(answer.bare);
        const headers = list(
          'headers',
          answer.headers.map((change) => optionOf(change)),
        );
        expect(rest).toEqual(answer.bare ? {} : { ...headers, ...(answer.body === '' ? {} : { body: answer.body }) });
      }),
      { numRuns: 200 },
    );
  });
});
