import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parsePluginJson } from '../../../src/check/body/body-json.js';
import { parsePluginBody } from '../../../src/check/body/body-plugin.js';
import { parseMediaType } from '../../../src/check/body/media-type.js';
import { writeMetadataNumbers } from '../../../src/check/input/metadata-numbers.js';
import { parsePath } from '../../../src/check/input/path.js';
import { parseQuery } from '../../../src/check/input/query.js';
import type { HttpRequest } from '../../../src/envoy/attributes.js';
import { encodeJson } from '../../../src/json/encode.js';
import type { JsonValue } from '../../../src/json/json.js';
import { canonicalJson } from './canonical-json.js';

/** One answer of Go; test/fixtures/go-parsers/README.md says of which function. */
interface Recorded {
  readonly given?: string;
  readonly base64?: string;
  readonly type?: string;
  readonly value?: string;
  readonly error?: string;
}

type Answer =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly error: string | { readonly message: string } };

function recorded(name: string): readonly Recorded[] {
  return JSON.parse(readFileSync(new URL(`../../fixtures/go-parsers/${name}.json`, import.meta.url), 'utf8'));
}

function bytesOf({ base64, given = '' }: Recorded): Buffer {
  return base64 === undefined ? Buffer.from(given) : Buffer.from(base64, 'base64');
}

function answered(answer: Answer): string {
  if (answer.ok) return canonicalJson(encodeJson(answer.value));
  return `error: ${typeof answer.error === 'string' ? answer.error : answer.error.message}`;
}

function expected({ error, value = '' }: Recorded): string {
  return error === undefined ? canonicalJson(value) : `error: ${error}`;
}

function body(http: HttpRequest): Answer {
  const parsed = parsePluginBody({ http, segments: [] });
  return parsed.ok ? { ok: true, value: parsed.value.truncated ? 'truncated' : parsed.value.value } : parsed;
}

const parsers: Readonly<Record<string, (given: Recorded) => Answer>> = {
  query: ({ given = '' }) => parseQuery(given, 'strict'),
  path: ({ given = '' }) => parsePath(given, { path_parsing: 'opa-envoy-plugin', encoded_slashes: 'refuse' }),
  json: (given) => parsePluginJson(bytesOf(given)),
  'media-type': ({ given = '' }) => {
    const type = parseMediaType(given);
    return type.ok ? { ok: true, value: Object.fromEntries(type.value.parameters) } : type;
  },
  multipart: (given) => body({ headers: { 'content-type': given.type ?? '' }, rawBody: bytesOf(given) }),
};

describe.each(Object.entries(parsers))('Go and we read the same: %s', (name, parse) => {
  const cases = recorded(name).filter((given) => name !== 'multipart' || bytesOf(given).length > 0);

  test.each(cases.map((given) => [`${given.type ?? ''} ${given.given ?? given.base64}`, given] as const))(
    '%j',
    (_title, given) => {
      expect(answered(parse(given))).toBe(expected(given));
    },
  );
});

describe('Go and we read the same: content-length', () => {
  const five = '12345';

  test.each(recorded('content-length').map((given) => [given.given ?? '', given] as const))('%j', (length, given) => {
    const read = answered(
      body({ headers: { 'content-type': 'application/json', 'content-length': length }, body: five }),
    );
    const cutOff = BigInt(given.value ?? 0) > BigInt(five.length);
    expect(read).toBe(given.error === undefined ? (cutOff ? '"truncated"' : five) : `error: ${given.error}`);
  });
});

describe('Go and we write the same: numbers of metadata', () => {
  test.each(recorded('metadata-number').map(({ given, value }) => [given ?? '', value ?? ''] as const))(
    '%s is %s',
    (given, value) => {
      const written = writeMetadataNumbers({ filterMetadata: { f: { v: Number(given) } } }, 'exponent');
      expect(encodeJson(written)).toBe(`{"filterMetadata":{"f":{"v":${value}}}}`);
    },
  );
});

describe('what readers of Go cannot hold is an error', () => {
  const disposition = 'Content-Disposition: form-data; name=a\r\n';
  const quoted = `${disposition}Content-Transfer-Encoding: quoted-printable\r\n`;
  const read = (text: string) =>
    answered(body({ headers: { 'content-type': 'multipart/form-data; boundary=X' }, body: text }));

  test.each([
    ['a preamble line of 4095 bytes', `${'x'.repeat(4094)}\n--X--`, '{}'],
    ['a preamble line of 4097 bytes', `${'x'.repeat(4096)}\n--X--`, 'error: multipart: NextPart: bufio: buffer full'],
    ['4096 bytes without a line end', 'x'.repeat(4096), 'error: multipart: NextPart: bufio: buffer full'],
    [
      'a quoted line of 4000 bytes',
      `--X\r\n${quoted}\r\n${'x'.repeat(4000)}\r\n--X--`,
      `{"a":["${'x'.repeat(4000)}"]}`,
    ],
    ['a quoted line of 5000 bytes', `--X\r\n${quoted}\r\n${'x'.repeat(5000)}\r\n--X--`, 'error: bufio: buffer full'],
    ['10000 headers', `--X\r\n${disposition}${'X: y\r\n'.repeat(9_999)}\r\n1\r\n--X--`, '{"a":["1"]}'],
    [
      '10001 headers',
      `--X\r\n${disposition}${'X: y\r\n'.repeat(10_000)}\r\n1\r\n--X--`,
      'error: multipart: message too large',
    ],
    ['a first line of 81 blanks', `--X\r\n${' '.repeat(81)}\r\n\r\n--X--`, 'error: multipart: message too large'],
  ])('%s', (_title, text, outcome) => {
    expect(read(text)).toBe(outcome);
  });

  test('a run of blanks in a header takes linear time', () => {
    expect(read(`--X\r\nX: y${' '.repeat(2_000_000)}y\r\n\r\n--X--`)).toBe('{}');
    expect(
      answered(body({ headers: { 'content-type': `multipart/form-data;${' '.repeat(500_000)}x` }, body: '1' })),
    ).toBe('error: mime: invalid media parameter');
  });
});
