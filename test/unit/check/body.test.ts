import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseBody } from '../../../src/check/body/body.js';
import type { BodyRequest } from '../../../src/check/body/parsed-body.js';
import type { HttpRequest } from '../../../src/envoy/attributes.js';
import { encodeJson } from '../../../src/json/encode.js';

type Mode = 'strict' | 'opa-envoy-plugin';

interface Request {
  readonly type?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Record<string, string>;
  readonly raw?: boolean;
}

function httpRequest({ type, body, headers, raw }: Request): HttpRequest {
  const all: Record<string, string> = { ...(type === undefined ? {} : { 'content-type': type }), ...headers };
  const lines = Object.entries(all).map(([key, value]) => ({ key, rawValue: Buffer.from(value) }));
  return {
    ...(raw ? { headerMap: { headers: lines } } : { headers: all }),
    ...(typeof body === 'string' ? { body } : {}),
    ...(body instanceof Uint8Array ? { rawBody: body } : {}),
  };
}

/** JSON text of the body, `truncated`, or the refusal. */
function read(mode: Mode, request: Request): string {
  const parsed = parseBody({ http: httpRequest(request), segments: ['a'] }, mode);
  if (!parsed.ok) return `${parsed.error.reason}: ${parsed.error.message}`;
  return parsed.value.truncated ? 'truncated' : encodeJson(parsed.value.value);
}

const plugin = (request: Request) => read('opa-envoy-plugin', request);
const strict = (request: Request) => read('strict', request);

const form = 'application/x-www-form-urlencoded';
const multipart = 'multipart/form-data; boundary=X';

function part(content: string, headers = 'Content-Disposition: form-data; name="a"'): string {
  return `--X\r\n${headers}\r\n\r\n${content}\r\n`;
}

describe('opa-envoy-plugin', () => {
  test.each([
    ['application/json; charset=utf-16', '{"a":1}'],
    ['Application/JSON', 'null'],
    ['application/vnd.api+json', 'null'],
    ['application/jsonlines', '{"a":1}'],
    ['x-application/json', '{"a":1}'],
    ['application/json, text/plain', '{"a":1}'],
    ['application/grpc+json', 'null'],
    ['multipart/mixed; boundary=X', 'null'],
  ])('type %s', (type, expected) => {
    expect(plugin({ type, body: '{"a":1}' })).toBe(expected);
  });

  test.each([
    ['', 'content_length_invalid: strconv.ParseInt: parsing "": invalid syntax'],
    ['7.0', 'content_length_invalid: strconv.ParseInt: parsing "7.0": invalid syntax'],
    [
      '9223372036854775808',
      'content_length_invalid: strconv.ParseInt: parsing "9223372036854775808": value out of range',
    ],
    ['-9223372036854775808', '{"a":1}'],
    ['9223372036854775807', 'truncated'],
    [`${'0'.repeat(50_000)}7`, '{"a":1}'],
    ['-2', '{"a":1}'],
  ])('content-length %j', (length, expected) => {
    expect(plugin({ type: 'application/json', body: '{"a":1}', headers: { 'content-length': length } })).toBe(expected);
  });

  test('content-length counts bytes, and text types are never truncated by it', () => {
    expect(plugin({ type: 'application/json', body: '"é"', headers: { 'content-length': '4' } })).toBe('"é"');
    expect(plugin({ type: 'application/json', body: '"é"', headers: { 'content-length': '5' } })).toBe('truncated');
    expect(plugin({ type: 'text/plain', body: 'x', headers: { 'content-length': '9' } })).toBe('null');
  });

  test('header_map is not looked at', () => {
    expect(plugin({ type: 'application/json', body: '{"a":1}', raw: true })).toBe('null');
  });

  test('invalid bytes are U+FFFD one by one', () => {
    const bytes = Uint8Array.of(0x22, 0xe2, 0x82, 0x22);
    expect(plugin({ type: 'application/json', body: bytes })).toBe('"\ufffd\ufffd"');
    expect(plugin({ type: form, body: Uint8Array.of(0x61, 0x3d, 0xe2, 0x82) })).toBe('{"a":["\ufffd\ufffd"]}');
  });

  test('a character may be made of raw and escaped bytes', () => {
    expect(plugin({ type: form, body: Buffer.concat([Buffer.of(0x61, 0x3d, 0xc3), Buffer.from('%A9')]) })).toBe(
      '{"a":["é"]}',
    );
  });

  test.each<readonly [string, string, string, string]>([
    ['value after a preamble', multipart, `pre\r\n${part('1')}--X--\r\nepilogue`, '{"a":["1"]}'],
    [
      'JSON part',
      multipart,
      `${part('{"x":1.0}', 'Content-Disposition: form-data; name=a\r\nContent-Type: application/json')}--X--`,
      '{"a":[{"x":1.0}]}',
    ],
    [
      'empty JSON part',
      multipart,
      `${part('', 'Content-Disposition: form-data; name=a\r\nContent-Type: application/json')}--X--`,
      'body_invalid: EOF',
    ],
    [
      'file',
      multipart,
      `${part('x', 'Content-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain')}--X--`,
      '{"f":["x"]}',
    ],
    ['attachment', multipart, `${part('x', 'Content-Disposition: attachment; name="f"')}--X--`, '{}'],
    ['no disposition', multipart, `${part('x', 'X-Y: z')}--X--`, '{}'],
    ['no headers', multipart, '--X\r\n\r\nx\r\n--X--', '{}'],
    [
      'base64 stays',
      multipart,
      `${part('eA==', 'Content-Disposition: form-data; name="f"\r\nContent-Transfer-Encoding: base64')}--X--`,
      '{"f":["eA=="]}',
    ],
    [
      'quoted-printable',
      multipart,
      `${part('a=3D=\r\nb=C3=A9 = \t\r\nc=zz', 'Content-Disposition: form-data; name="f"\r\nContent-Transfer-Encoding: Quoted-Printable')}--X--`,
      '{"f":["a=bé c=zz"]}',
    ],
    [
      'quoted-printable soft breaks',
      multipart,
      `${part('a=3D=\r\nb=C3=A9 \t\r\nc=zz=', 'Content-Disposition: form-data; name="f"\r\nContent-Transfer-Encoding: quoted-printable')}--X--`,
      '{"f":["a=bé\\r\\nc=zz"]}',
    ],
    ['name*', multipart, `${part('x', "Content-Disposition: form-data; name*=utf-8''%c3%a9")}--X--`, '{"é":["x"]}'],
    ['name*0', multipart, `${part('x', 'Content-Disposition: form-data; name*0=a; name*1=b')}--X--`, '{"ab":["x"]}'],
    [
      'quoted boundary',
      'multipart/form-data; boundary="a b"',
      '--a b\r\nContent-Disposition: form-data; name=n\r\n\r\n1\r\n--a b--',
      '{"n":["1"]}',
    ],
    ['folded header', multipart, `${part('x', 'Content-Disposition: form-data;\r\n  name="f"')}--X--`, '{"f":["x"]}'],
    ['boundary inside a line', multipart, `${part('x--X\r\n--Xy')}--X--`, '{"a":["x--X\\r\\n--Xy"]}'],
    [
      '__proto__',
      multipart,
      `${part('x', 'Content-Disposition: form-data; name="__proto__"')}--X--`,
      '{"__proto__":["x"]}',
    ],
    ['no boundary', 'multipart/form-data', part('1'), 'null'],
    ['empty boundary', 'multipart/form-data; boundary=""', part('1'), 'body_invalid: multipart: boundary is empty'],
    [
      'two boundaries',
      'multipart/form-data; boundary=X; boundary=Y',
      part('1'),
      'body_invalid: mime: duplicate parameter name',
    ],
    ['the same boundary twice', 'multipart/form-data; boundary=X; boundary=X', `${part('1')}--X--`, '{"a":["1"]}'],
    ['no closing delimiter', multipart, part('1'), 'body_invalid: unexpected EOF'],
    ['bad media type', 'multipart/form-data; boundary', part('1'), 'body_invalid: mime: invalid media parameter'],
    [
      'header without colon',
      multipart,
      '--X\r\nabc\r\n\r\n',
      'body_invalid: malformed MIME header: missing colon: "abc"',
    ],
    [
      'junk behind a part',
      multipart,
      `${part('1').trimEnd()}\r\n--X\rx\r\n`,
      'body_invalid: multipart: expecting a new Part; got line "--X\\rx\\r\\n"',
    ],
  ])('multipart: %s', (_name, type, body, expected) => {
    expect(plugin({ type, body })).toBe(expected);
  });
});

describe('strict', () => {
  test.each([
    ['Application/JSON', '{"a":1}'],
    ['application/vnd.api+json', '{"a":1}'],
    ['application/json; charset=UTF-8', '{"a":1}'],
    ['text/plain; note="application/json"', 'null'],
    ['text/plain; note=application/json', 'content_type_invalid: mime: invalid media parameter'],
    ['application/jsonlines', 'null'],
    ['x-application/json', 'null'],
    ['application/grpc+json', 'null'],
    ['application/grpc-web', 'null'],
    ['application/json; charset=utf-16', 'content_type_invalid: the body is not declared as UTF-8'],
    ['application/json, text/plain', 'content_type_invalid: mime: unexpected content after media subtype'],
    ['application/json; a=b, text/plain', 'content_type_invalid: mime: invalid media parameter'],
    ['json', 'null'],
    ['', 'content_type_invalid: mime: no media type'],
  ])('type %j', (type, expected) => {
    expect(strict({ type, body: '{"a":1}' })).toBe(expected);
    expect(strict({ type, body: '{"a":1}', raw: true })).toBe(expected);
  });

  test('two content types cannot show the policy another body than the backend', () => {
    const lines = ['application/json', 'text/plain'].map((value) => ({
      key: 'content-type',
      rawValue: Buffer.from(value),
    }));
    const parsed = parseBody({ http: { headerMap: { headers: lines }, body: '{}' }, segments: [] }, 'strict');
    expect(parsed.ok || parsed.error.reason).toBe('content_type_invalid');
  });

  test.each([
    ['{"a":1,"a":2}', 'body_invalid'],
    ['{"a":1,"\\u0061":2}', 'body_invalid'],
    ['[1,2', 'body_invalid'],
    ['1 null', 'body_invalid'],
    ['[', 'body_invalid'],
    ['['.repeat(300), 'body_too_complex'],
    ['['.repeat(100_000), 'body_too_complex'],
  ])('JSON %.20s is refused', (body, reason) => {
    expect(strict({ type: 'application/json', body })).toContain(reason);
  });

  test('JSON must be valid UTF-8, without a coding', () => {
    expect(strict({ type: 'application/json', body: Uint8Array.of(0x22, 0xff, 0x22) })).toContain('body_invalid');
    const zipped = gzipSync('{"a":1}');
    expect(strict({ type: 'application/json', body: zipped, headers: { 'content-encoding': 'gzip' } })).toContain(
      'content_encoding_unsupported',
    );
    expect(strict({ type: 'application/json', body: zipped })).toContain('body_invalid');
    expect(strict({ type: form, body: 'a=1', headers: { 'content-encoding': 'identity' } })).toBe('{"a":["1"]}');
  });

  test('numbers keep their text and __proto__ is a name', () => {
    expect(strict({ type: 'application/json', body: '{"__proto__":1.0,"b":1E400}' })).toBe(
      '{"__proto__":1.0,"b":1E400}',
    );
  });

  test.each([
    [{ 'x-envoy-auth-partial-body': 'true' }, 'truncated'],
    [{ 'x-envoy-auth-partial-body': 'TRUE' }, 'truncated'],
    [{ 'x-envoy-auth-partial-body': 'false' }, '{"a":1}'],
    [{ 'content-length': '8' }, 'truncated'],
    [{ 'content-length': '7' }, '{"a":1}'],
    [{ 'content-length': '+7' }, 'content_length_invalid: the content-length is not a number'],
    [{ 'content-length': '7,7' }, 'content_length_invalid: the content-length is not a number'],
  ])('%j', (headers, expected) => {
    expect(strict({ type: 'application/json', body: '{"a":1}', headers })).toBe(expected);
    expect(strict({ type: 'application/json', body: '{"a":1}', headers, raw: true })).toBe(expected);
  });

  test('without a body nothing else is looked at', () => {
    expect(strict({ type: 'json; ;', headers: { 'content-length': 'x' } })).toBe('null');
  });

  test.each([
    ['too many parts', `${part('1').repeat(1001)}--X--`, 'body_too_complex: the multipart body has too many parts'],
    ['as many as may be', `${part('1').repeat(1000)}--X--`, undefined],
    [
      'transfer encoding',
      `${part('=41', 'Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: quoted-printable')}--X--`,
      'body_invalid: a part of the multipart body has a transfer encoding',
    ],
    [
      'cut off in a header',
      `${part('1')}--X\r\nContent-Disposition: form-data; name=b\r\n`,
      'body_invalid: the multipart body ends in a header',
    ],
    [
      'JSON part with equal names',
      `${part('{"a":1,"a":2}', 'Content-Disposition: form-data; name=a\r\nContent-Type: application/json')}--X--`,
      'body_invalid: a name occurs twice in one object',
    ],
  ])('multipart: %s', (_name, body, expected) => {
    const text = strict({ type: multipart, body });
    if (expected === undefined) expect(text).toContain('{"a":["1",');
    else expect(text).toBe(expected);
  });

  test('multipart without a boundary', () => {
    expect(strict({ type: 'multipart/form-data', body: part('1') })).toContain('content_type_invalid');
  });

  test('form pairs are limited', () => {
    expect(strict({ type: form, body: 'a&'.repeat(10_001) })).toContain('body_too_complex');
  });
});

describe('gRPC', () => {
  const http = { headers: { 'content-type': 'application/grpc' }, rawBody: Uint8Array.of(0, 0, 0, 0, 0) };

  test.each<Mode>(['strict', 'opa-envoy-plugin'])(
    '%s: without descriptors null, with a reader what it reads',
    (mode) => {
      expect(parseBody({ http, segments: ['s', 'm'] }, mode)).toEqual({
        ok: true,
        value: { value: null, truncated: false },
      });
      const grpc = {
        read: ({ segments }: BodyRequest) => ({ ok: true, value: { value: segments, truncated: true } }) as const,
      };
      expect(parseBody({ http, segments: ['s', 'm'], grpc }, mode)).toEqual({
        ok: true,
        value: { value: ['s', 'm'], truncated: true },
      });
    },
  );
});

test.each<Mode>(['strict', 'opa-envoy-plugin'])(
  '%s: a body of nothing but boundaries or headers takes linear time',
  (mode) => {
    for (const body of ['--X\r\n'.repeat(200_000), `--X\r\n${'a:b\r\n'.repeat(200_000)}`, '\r\n--X'.repeat(300_000)]) {
      expect(read(mode, { type: multipart, body })).not.toBe('truncated');
    }
  },
);
