import { describe, expect, test } from 'vitest';
import { parseBody } from '../../../src/check/body/body.js';

const multipart = 'multipart/form-data; boundary=B';
const named = 'Content-Disposition: form-data; name="a"';
const part = (content: string, ...headers: string[]) => ['--B', ...headers, '', content, ''].join('\r\n');
const ended = (text: string) => `${text}--B--\r\n`;

function read(type: string, body: string, mode: 'strict' | 'opa-envoy-plugin' = 'strict'): unknown {
  const http = { headers: { 'content-type': type }, rawBody: Buffer.from(body, 'latin1') };
  const parsed = parseBody({ http, segments: [] }, mode);
  return parsed.ok ? parsed.value.value : parsed.error.reason;
}

describe('multipart: what readers take for different fields is refused', () => {
  test.each([
    ['a second name', ended(part('1', `${named}; name="b"`))],
    ['a second disposition', ended(part('1', named, 'content-disposition: form-data; name="b"'))],
    ['a second content type', ended(part('1', named, 'Content-Type: text/plain', 'content-type: application/json'))],
    ['an extended name', ended(part('1', `${named}; name*=utf-8''b`))],
    ['a name in pieces', ended(part('1', 'Content-Disposition: form-data; name*0="a"; name*1="b"'))],
    ['an escaped name', ended(part('1', 'Content-Disposition: form-data; name="a\\"b"'))],
    ['a name with an encoded quotation mark', ended(part('1', 'Content-Disposition: form-data; name="a%22b"'))],
    ['a name with an encoded line end', ended(part('1', 'Content-Disposition: form-data; name="a%0d%0Ab"'))],
    ['a name inside a file name', ended(part('1', 'Content-Disposition: form-data; filename="; name=b"; name="a"'))],
    ['a blank before a name', ended(part('1', 'Content-Disposition: form-data; name=" a"'))],
    ['a blank behind a name', ended(part('1', 'Content-Disposition: form-data; name="a\t"'))],
    ['a parameter twice', ended(part('1', `${named}; filename="b"; filename="c"`))],
    ['a semicolon in a name', ended(part('1', 'Content-Disposition: form-data; name="a;b"'))],
    ['no name', ended(part('1', 'Content-Disposition: form-data; filename="a"'))],
    ['an empty name', ended(part('1', 'Content-Disposition: form-data; name=""'))],
    ['another disposition', ended(part('1', 'Content-Disposition: attachment; name="a"'))],
    ['no disposition', ended(part('1', 'Content-Type: text/plain'))],
    ['no headers', ended(part('1'))],
    ['a folded header', ended(part('1', 'Content-Disposition: form-data;\r\n name="a"'))],
    ['a blank before the colon', ended(part('1', 'Content-Disposition : form-data; name="a"', named))],
    ['a header that ends in LF', ended(part('1', `${named}\nX-A: 1`))],
    ['lines that end in LF', ended(part('1', named)).replaceAll('\r\n', '\n')],
    ['text in front', `x\r\n${ended(part('1', named))}`],
    ['text behind', `${ended(part('1', named))}x`],
    ['a part behind', ended(part('1', named)) + ended(part('2', named))],
    ['blanks behind a boundary', ended(part('1', named)).replace('--B\r\n', '--B \r\n')],
    ['blanks behind the last boundary', ended(part('1', named)).replace('--B--', '--B-- ')],
    ['a boundary that begins another word', ended(part('1\r\n--Bx', named))],
    ['a boundary inside a line', ended(part('1--B\r\n2', named))],
    ['a boundary behind LF', ended(part(`1\n--B\r\n${named}\r\n\r\n2`, named))],
  ])('%s', (_what, body) => {
    expect(read(multipart, body)).toBe('body_invalid');
  });

  test.each([
    ['boundary*0=B', 'content_type_invalid'],
    ["boundary*=utf-8''B", 'content_type_invalid'],
    ["charset*=utf-8''utf-16; boundary=B", 'content_type_invalid'],
    ['boundary="B "', 'body_invalid'],
    [`boundary=${'B'.repeat(71)}`, 'body_invalid'],
  ])('%s', (parameters, expected) => {
    const { 1: boundary = 'B' } = /boundary="?([^";*=]+)/.exec(parameters) ?? [];
    const body = ended(part('1', named)).replaceAll('--B', `--${boundary}`);
    expect(read(`multipart/form-data; ${parameters}`, body)).toBe(expected);
  });

  test.each([
    ['a field', ended(part('1', named))],
    ['a name without quotation marks', ended(part('1', 'content-disposition: form-data; name=a'))],
    ['no line end behind the last boundary', ended(part('1', named)).trimEnd()],
    ['a line end in front', `\r\n${ended(part('1', named))}`],
    ['a file', ended(part('1', `${named}; filename="C:\\a.txt"`, 'Content-Type: text/plain'))],
    ['a file with an extended name', ended(part('1', `${named}; filename="a"; filename*=utf-8''%c3%a9`))],
    ['a file name in front', ended(part('1', 'Content-Disposition: form-data; filename="a"; name="a"'))],
  ])('%s is read', (_what, body) => {
    expect(read(multipart, body)).toEqual({ a: ['1'] });
  });

  test('opa-envoy-plugin reads all of it', () => {
    expect(read(multipart, `x\r\n${ended(part('1', named))}x`, 'opa-envoy-plugin')).toEqual({ a: ['1'] });
  });
});

test.each([
  ['"\\ud800"', 'body_invalid'],
  ['"\\udfff\\ud800"', 'body_invalid'],
  ['{"\\uD83D":1}', 'body_invalid'],
  ['"\\ud83d\\ude00"', '😀'],
  ['"\\\\ud800"', '\\ud800'],
  ['"\\\\\\ud800"', 'body_invalid'],
  ['"\\u00e9\\n"', 'é\n'],
])('JSON with the escapes %s is %j', (body, expected) => {
  expect(read('application/json', body)).toBe(expected);
});
