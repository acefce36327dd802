import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { echoedHeader } from '../../support/http.js';
import { useSeenInput } from '../matrix/support/seen-input.js';
import { expectAgreement } from './support/agreement.js';
import { bodyLimit, gateways } from './support/gateways.js';
import { ask, askPassed } from './support/raw-request.js';

type Expected = 'same' | 'Envoy' | 'Portcullis';
type Row = readonly [what: string, headers: readonly string[] | string, body: string, expected: Expected];

const json = 'content-type: application/json';
const form = 'content-type: application/x-www-form-urlencoded';
const multipart = 'content-type: multipart/form-data; boundary=B';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const part = (name: string, value: string, ...headers: string[]) =>
  ['--B', `Content-Disposition: form-data; ${name}`, ...headers, '', value, ''].join('\r\n');
const parts = (...texts: string[]) => `${texts.join('')}--B--\r\n`;
const many = (count: number) => parts(...Array.from({ length: count }, (_, index) => part(`name="${index}"`, '')));
const gzipped = (text: string) => gzipSync(text).toString('latin1');
const chunked = (...chunks: string[]) =>
  [...chunks, ''].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');

const rows: readonly Row[] = [
  ['plain JSON', json, '{"a":[1,"x",null,true]}', 'same'],
  ['JSON with a byte order mark', json, '\xef\xbb\xbf{}', 'Portcullis'],
  ['JSON with a name twice', json, '{"role":"user","role":"admin"}', 'Portcullis'],
  ['JSON with a name twice, once escaped', json, '{"role":"user","\\u0072ole":"admin"}', 'Portcullis'],
  ['JSON with names that differ in case', json, '{"role":"user","Role":"admin"}', 'same'],
  ['JSON with names of the prototype', json, '{"__proto__":{"admin":true},"constructor":{"a":1}}', 'same'],
  ['JSON with huge numbers', json, '{"a":1e308,"b":-9007199254740993,"c":1e-400}', 'same'],
  ['JSON with a comment', json, '{"a":1/*,"b":2*/}', 'Portcullis'],
  ['JSON with a comma too many', json, '{"a":1,}', 'Portcullis'],
  ['JSON with NaN', json, '{"a":NaN}', 'Portcullis'],
  ['JSON with single quotes', json, "{'a':1}", 'Portcullis'],
  ['JSON with a second value', json, '{"a":1}{"a":2}', 'Portcullis'],
  ['JSON with null behind it', json, '{"a":1}null', 'Portcullis'],
  ['JSON with a raw control', json, '"\x00"', 'Portcullis'],
  ['JSON with a lone surrogate', json, '{"a":"\\ud800"}', 'Portcullis'],
  ['JSON that is not UTF-8', json, '{"a":"\xff"}', 'Portcullis'],
  ['JSON with an overlong quotation mark', json, '{"a":"\xc0\xa2"}', 'Portcullis'],
  ['JSON nested within reason', json, nested(200), 'same'],
  ['JSON nested too deep', json, nested(300), 'Portcullis'],
  ['JSON nested to the limit of the body', json, nested(100_000), 'Portcullis'],
  ['cut off JSON', json, '{"a":', 'Portcullis'],
  ['JSON in another case of the type', 'content-type: Application/JSON', '{"a":1}', 'same'],
  ['JSON with a charset', 'content-type: application/json; charset="UTF-8"', '{"a":1}', 'same'],
  ['JSON in UTF-16', 'content-type: application/json; charset=utf-16', '\0{\0}', 'Portcullis'],
  ['JSON in UTF-7', 'content-type: application/json; charset=utf-7', '{}', 'Portcullis'],
  ['two content types that are equal', [json, json], '{}', 'Portcullis'],
  ['two content types that differ', ['content-type: text/plain', json], '{}', 'Portcullis'],
  ['two content types in one line', 'content-type: text/plain, application/json', '{}', 'Portcullis'],
  ['a content type that the second continues', ['content-type: text/plain;', json], '{}', 'Portcullis'],
  ['a malformed content type', 'content-type: application/json; charset', '{}', 'Portcullis'],
  ['no content type', [], '{"a":1}', 'same'],
  ['text', 'content-type: text/plain', '{"a":1}', 'same'],
  ['compressed JSON', [json, 'content-encoding: gzip'], gzipped('{"a":1}'), 'Portcullis'],
  ['a gzip bomb', [json, 'content-encoding: gzip'], gzipped('0'.repeat(50_000_000)), 'Portcullis'],
  ['a coding twice', [json, 'content-encoding: identity', 'content-encoding: gzip'], '{}', 'Portcullis'],
  ['a form', form, 'a=1&b=x+y&a=%32', 'same'],
  ['a form with a semicolon', form, 'a=1;b=2', 'Portcullis'],
  ['a form with a bad escape', form, 'a=%zz', 'Portcullis'],
  ['a form with too many pairs', form, 'a&'.repeat(10_001), 'Portcullis'],
  ['a multipart body', multipart, parts(part('name="a"', '1'), part('name="b"', '2'), part('name="a"', '3')), 'same'],
  ['a hundred parts', multipart, many(100), 'same'],
  ['a multipart bomb', multipart, many(1_001), 'Portcullis'],
  ['a part that is not ended', multipart, part('name="a"', '1'), 'Portcullis'],
  ['a multipart body without an end in a header', multipart, '--B\r\nContent-Disposition: form-data', 'Portcullis'],
  [
    'a part with a transfer encoding',
    multipart,
    parts(part('name="a"', 'MQ==', 'Content-Transfer-Encoding: base64')),
    'Portcullis',
  ],
  ['a part with two names', multipart, parts(part('name="a"; name="b"', '1')), 'Portcullis'],
  [
    'a part with two dispositions',
    multipart,
    parts(part('name="a"', '1', 'Content-Disposition: form-data; name="b"')),
    'Portcullis',
  ],
  ['a part with an extended name', multipart, parts(part('name="a"; name*=utf-8\'\'b', '1')), 'Portcullis'],
  ['a part with a continued name', multipart, parts(part('name*0="a"; name*1="b"', '1')), 'Portcullis'],
  ['a part with an escaped name', multipart, parts(part('name="a\\"b"', '1')), 'Portcullis'],
  ['a part without a name', multipart, parts(part('filename="a"', '1')), 'Portcullis'],
  ['a part with a folded header', multipart, parts(part('\r\n name="a"', '1')), 'Portcullis'],
  ['a part that is no UTF-8', multipart, parts(part('name="a"', '\xff')), 'same'],
  ['lines that end in LF', multipart, parts(part('name="a"', '1')).replaceAll('\r\n', '\n'), 'Portcullis'],
  ['text before the first part', multipart, `x\r\n${parts(part('name="a"', '1'))}`, 'Portcullis'],
  ['text behind the last part', multipart, `${parts(part('name="a"', '1'))}--B\r\n`, 'Portcullis'],
  ['blanks behind a boundary', multipart, parts(part('name="a"', '1')).replace('--B\r\n', '--B \r\n'), 'Portcullis'],
  ['a boundary twice', 'content-type: multipart/form-data; boundary=A; boundary=B', many(1), 'Portcullis'],
  ['no boundary', 'content-type: multipart/form-data', many(1), 'Portcullis'],
  ['chunks', [json, 'transfer-encoding: chunked'], chunked('{"a"', ':1}'), 'same'],
  ['chunks with an extension', [json, 'transfer-encoding: chunked'], '2;x=y\r\n{}\r\n0\r\n\r\n', 'same'],
  ['chunks with a trailer', [json, 'transfer-encoding: chunked'], '2\r\n{}\r\n0\r\nx-trailer: 1\r\n\r\n', 'same'],
  ['a bad length of a chunk', [json, 'transfer-encoding: chunked'], '0x2\r\n{}\r\n0\r\n\r\n', 'Envoy'],
  ['a body behind the length', [json, 'content-length: 2'], '{}{"a":1}', 'same'],
  ['a body beyond the limit', json, `"${'x'.repeat(bodyLimit)}"`, 'Envoy'],
];

describe.each(gateways)('$name', ({ change }) => {
  const stack = useSeenInput({ change });

  test.concurrent.each(rows)('%s: policy and backend see the same body, or it is refused', async (...row) => {
    const [, headers, body, expected] = row;
    const outcome = await ask(stack(), { headers: [headers].flat(), body });
    expect(outcome.refusedBy ?? 'same').toBe(expected);
    if (outcome.refusedBy === undefined) await expectAgreement(outcome);
    else expect(outcome.status).toBeGreaterThanOrEqual(400);
    if (outcome.refusedBy === 'Portcullis') expect(outcome.status).toBe(400);
  });
});

describe('the text of numbers', () => {
  const [gateway] = gateways;
  const stack = useSeenInput({
    ...(gateway && { change: gateway.change }),
    decision: '{"headers": {"x-seen": json.marshal(input.parsed_body.n)}}',
  });

  test.each(['12345678901234567890123', '1e400', '-0.10', '1E+2', '9007199254740993'])(
    '%s is what was sent',
    async (text) => {
      const { echo } = await askPassed(stack(), { headers: [json], body: `{"n":${text}}` });
      expect([echo.body, ...echoedHeader(echo, 'x-seen')]).toEqual([`{"n":${text}}`, text]);
    },
  );
});
