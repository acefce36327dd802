import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import type { Json } from '../../../../scripts/docs/compatibility/deviation.js';
import { type Item, refused } from './item.js';

interface Body {
  readonly type?: string;
  readonly text?: string;
  readonly raw?: Uint8Array;
  readonly headers?: Json;
  readonly path?: string;
}

const body = (item: number, name: string, { type, text, raw, headers, path = '/' }: Body, answer: string): Item => ({
  item,
  name,
  ask: {
    http: {
      method: 'POST',
      path,
      headers: { ...(type !== undefined && { 'content-type': type }), ...headers },
      ...(text !== undefined && { body: text }),
      ...(raw !== undefined && { rawBody: Buffer.from(raw).toString('base64') }),
    },
    shows: 'parsed_body',
  },
  answer: answer.startsWith('deny') ? answer : `parsed_body ${answer}`,
});

const truncated = (item: number, name: string, of: Body, answer: boolean): Item => {
  const { ask, ...others } = body(item, name, of, '');
  return { ...others, ask: { ...ask, shows: 'truncated_body' }, answer: `truncated_body ${answer}` };
};

const json = (item: number, text: string, answer: string): Item =>
  body(item, `JSON ${JSON.stringify(text.slice(0, 40))}`, { type: 'application/json', text }, answer);

const typed = (item: number, type: string, answer: string, text = '{"a":1}'): Item =>
  body(item, `type ${type}`, { type, text }, answer);

const length = (item: number, declared: string, answer: string): Item =>
  body(
    item,
    `content-length ${JSON.stringify(declared)}`,
    { type: 'application/json', text: '{"a":1}', headers: { 'content-length': declared } },
    answer,
  );

const integer = (text: string, problem: string) => refused(`strconv.ParseInt: parsing "${text}": ${problem}`);

const formType = 'application/x-www-form-urlencoded';
const form = (item: number, text: string | Uint8Array, answer: string): Item =>
  body(
    item,
    `form ${JSON.stringify(typeof text === 'string' ? text.slice(0, 40) : Buffer.from(text).toString('latin1'))}`,
    { type: formType, ...(typeof text === 'string' ? { text } : { raw: text }) },
    answer,
  );

const multipartType = 'multipart/form-data; boundary=X';
const named = 'Content-Disposition: form-data; name="a"';
const part = (content: string, headers = named) => `--X\r\n${headers}\r\n\r\n${content}\r\n`;
const multipart = (name: string, text: string, answer: string, type = multipartType): Item =>
  body(68, `multipart ${name}`, { type, text }, answer);

const partial = (value: string) => ({ 'x-envoy-auth-partial-body': value });
const beginning = (character: string) => refused(`invalid character '${character}' looking for beginning of value`);
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

/** Items 54–72: bodies. gRPC bodies have tests of their own. */
export const bodies: readonly Item[] = [
  json(
    54,
    '[1.0,1e3,1E400,-0,1.10,12345678901234567890123,9007199254740993,0e0,1e-7,100000000000000000000]',
    '[1.0,1e3,1E400,-0,1.10,12345678901234567890123,9007199254740993,0e0,1e-7,100000000000000000000]',
  ),
  json(55, '{"a":1,"a":{"b":2},"a":{"c":3}}', '{"a":{"c":3}}'),
  json(55, '{"__proto__":1,"constructor":2,"__proto__":3}', '{"__proto__":3,"constructor":2}'),
  json(56, '"\\ud800"', '"\ufffd"'),
  json(56, '"\\udc00\\ud800x"', '"\ufffd\ufffdx"'),
  json(56, '"\\ud83d\\ude00"', '"😀"'),
  body(
    56,
    'invalid bytes',
    { type: 'application/json', raw: Buffer.from('22e282f09f22', 'hex') },
    '"\ufffd\ufffd\ufffd\ufffd"',
  ),
  json(57, '\ufeff1', beginning('ï')),
  json(57, '// c\n1', beginning('/')),
  json(57, '{"a":1,}', refused("invalid character '}' looking for beginning of object key string")),
  json(57, '[1,]', beginning(']')),
  json(57, '1 2', refused("error: invalid character '2' after top-level value")),
  json(57, '"a" "b"', refused("error: invalid character 'b' after top-level value")),
  json(57, '1 true', refused("error: invalid character '%!s(bool=true)' after top-level value")),
  json(57, '1 ]', beginning(']')),
  json(57, '1 ,', beginning(',')),
  json(57, '1 null', '1'),
  json(57, "{'a':1}", refused("invalid character '\\'' looking for beginning of object key string")),
  json(57, 'NaN', beginning('N')),
  json(57, '"a\tb"', refused("invalid character '\\t' in string literal")),
  json(57, '"\\x"', refused("invalid character 'x' in string escape code")),
  json(57, '"\\u12"', refused("invalid character '\"' in \\u hexadecimal character escape")),
  json(57, '1.', refused('unexpected EOF')),
  json(57, '1.x', refused("invalid character 'x' after decimal point in numeric literal")),
  json(57, '1ex', refused("invalid character 'x' in exponent of numeric literal")),
  json(57, '-x', refused("invalid character 'x' in numeric literal")),
  json(57, 'nulx', refused("invalid character 'x' in literal null (expecting 'l')")),
  json(57, '{"a" 1}', refused("invalid character '1' after object key")),
  json(57, '{"a":1 "b"}', refused("invalid character '\"' after object key:value pair")),
  json(57, '[1 2]', refused("invalid character '2' after array element")),
  json(57, '  \n', refused('EOF')),
  body(57, 'UTF-16', { type: 'application/json', raw: Buffer.from('\ufeff{}', 'utf16le') }, beginning('ÿ')),
  {
    ...json(58, nested(9_998), ''),
    ask: {
      http: { method: 'POST', path: '/', headers: { 'content-type': 'application/json' }, body: nested(9_998) },
      shows: 'truncated_body',
    },
    answer: 'truncated_body false',
    wasm: { because: 'Limits of WebAssembly', answer: 'gRPC UNKNOWN' },
  },
  {
    item: 58,
    name: 'JSON of 9999 levels',
    ask: {
      http: { method: 'POST', path: '/', headers: { 'content-type': 'application/json' }, body: nested(9_999) },
      shows: 'truncated_body',
    },
    answer: 'truncated_body false',
    opa: { because: 'Limits of an OPA server', answer: 'gRPC UNKNOWN' },
    wasm: { because: 'Limits of WebAssembly', answer: 'gRPC UNKNOWN' },
  },
  json(58, nested(10_001), refused('exceeded max depth')),
  json(59, 'null', 'null'),
  typed(60, 'Application/JSON', 'null'),
  typed(60, 'application/vnd.api+json', 'null'),
  typed(60, 'application/json;charset=utf-16', '{"a":1}'),
  typed(60, 'x-application/json', '{"a":1}'),
  typed(60, 'application/json, text/plain', '{"a":1}'),
  typed(60, 'application/jsonlines', refused("error: invalid character '{' after top-level value"), '{"a":1}\n{"b":2}'),
  typed(60, 'application/grpc; x=application/json', '{"a":1}'),
  typed(60, `${formType}; x=application/json`, '{"a":1}'),
  typed(60, `multipart/form-data; x=${formType}`, '{"b":["1"]}', 'b=1'),
  length(61, '6', '{"a":1}'),
  length(61, '', integer('', 'invalid syntax')),
  length(61, '7.0', integer('7.0', 'invalid syntax')),
  length(61, '7, 7', integer('7, 7', 'invalid syntax')),
  length(61, '+', integer('+', 'invalid syntax')),
  length(61, '--7', integer('--7', 'invalid syntax')),
  length(61, '9223372036854775808', integer('9223372036854775808', 'value out of range')),
  length(61, '-9223372036854775809', integer('-9223372036854775809', 'value out of range')),
  length(61, '99999999999999999999x', integer('99999999999999999999x', 'value out of range')),
  length(61, '٧', integer('٧', 'invalid syntax')),
  length(61, '"\\', integer('\\"\\\\', 'invalid syntax')),
  length(61, '-2', '{"a":1}'),
  length(61, '9223372036854775807', 'null'),
  body(
    62,
    'bad content-length with a form of no bytes',
    { type: formType, headers: { 'content-length': 'x' } },
    'null',
  ),
  body(
    62,
    'bad content-length of another type',
    { type: 'text/plain', text: 'x', headers: { 'content-length': 'x' } },
    'null',
  ),
  truncated(
    63,
    'four bytes of é in quotes',
    { type: 'application/json', text: '"é"', headers: { 'content-length': '4' } },
    false,
  ),
  truncated(
    63,
    'five bytes announced',
    { type: 'application/json', text: '"é"', headers: { 'content-length': '5' } },
    true,
  ),
  truncated(64, 'partial with bad JSON', { type: 'application/json', text: '{', headers: partial('true') }, true),
  truncated(64, 'partial without a type', { text: 'x', headers: partial('true') }, true),
  truncated(64, 'partial without a body', { type: 'application/json', headers: partial('true') }, true),
  truncated(
    64,
    'partial with a bad content-length',
    { type: 'application/json', text: '1', headers: { ...partial('true'), 'content-length': 'x' } },
    true,
  ),
  truncated(
    64,
    'false with a longer content-length',
    { type: 'application/json', text: '1', headers: { ...partial('false'), 'content-length': '9' } },
    true,
  ),
  truncated(64, 'a form cut off', { type: formType, text: 'a=1', headers: { 'content-length': '9' } }, true),
  truncated(64, 'multipart cut off', { type: multipartType, text: '--X', headers: { 'content-length': '9' } }, true),
  body(65, 'both bodies', { type: formType, text: 'a=1', raw: Buffer.from('b=2') }, '{"a":["1"]}'),
  body(66, 'raw JSON', { type: 'application/json', raw: Buffer.from('{"a":1.0}') }, '{"a":1.0}'),
  body(66, 'raw form', { type: formType, raw: Buffer.from('a=1') }, '{"a":["1"]}'),
  body(66, 'raw multipart', { type: multipartType, raw: Buffer.from(`${part('1')}--X--`) }, '{"a":["1"]}'),
  form(67, 'a=1&b;c', refused('invalid semicolon separator in query')),
  form(67, 'a=%zz', refused('invalid URL escape "%zz"')),
  form(67, '&', '{}'),
  form(67, 'a=1&b=2\r\n', '{"a":["1"],"b":["2\\r\\n"]}'),
  form(67, 'a+b=%2B+%20', '{"a b":["+  "]}'),
  form(67, 'a=1&a=2&=3', '{"":["3"],"a":["1","2"]}'),
  form(67, Buffer.from('a=\xff&\xfe=1', 'latin1'), '{"a":["\ufffd"],"\ufffd":["1"]}'),
  form(67, Buffer.from('a=\xc3%A9', 'latin1'), '{"a":["é"]}'),
  form(67, '&'.repeat(10_000), refused('number of URL query parameters exceeded limit')),
  multipart(
    'JSON part',
    `${part('{"x":1.0}', `${named}\r\nContent-Type: application/json`)}--X--`,
    '{"a":[{"x":1.0}]}',
  ),
  multipart('empty JSON part', `${part('', `${named}\r\nContent-Type: application/json`)}--X--`, refused('EOF')),
  multipart(
    'JSON part and text',
    `${part('1', `${named}\r\nContent-Type: application/json; x`)}${part('1')}--X--`,
    '{"a":[1,"1"]}',
  ),
  multipart(
    'file',
    `${part('x', 'Content-Disposition: form-data; name="f"; filename="a.bin"\r\nContent-Type: image/png')}--X--`,
    '{"f":["x"]}',
  ),
  body(
    68,
    'multipart binary',
    { type: multipartType, raw: Buffer.from(`${part('\xff\xfe')}--X--`, 'latin1') },
    '{"a":["\ufffd\ufffd"]}',
  ),
  multipart('attachment', `${part('x', 'Content-Disposition: attachment; name="a"')}--X--`, '{}'),
  multipart('no disposition', `${part('x', 'X: y')}--X--`, '{}'),
  multipart(
    'quoted boundary',
    '--a b\r\nContent-Disposition: form-data; name=n\r\n\r\n1\r\n--a b--',
    '{"n":["1"]}',
    'multipart/form-data; boundary="a b"',
  ),
  multipart('no boundary', part('1'), 'null', 'multipart/form-data'),
  multipart('empty boundary', part('1'), refused('multipart: boundary is empty'), 'multipart/form-data; boundary=""'),
  multipart('no closing delimiter', part('1'), refused('unexpected EOF')),
  multipart('cut off in a part', '--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n1', refused('unexpected EOF')),
  multipart('preamble and epilogue', `pre\r\n${part('1')}--X--\r\nepilogue`, '{"a":["1"]}'),
  multipart('base64 stays', `${part('YQ==', `${named}\r\nContent-Transfer-Encoding: base64`)}--X--`, '{"a":["YQ=="]}'),
  multipart(
    'quoted-printable soft break',
    `${part('a=\r\nb=3D', `${named}\r\nContent-Transfer-Encoding: Quoted-Printable`)}--X--`,
    '{"a":["ab="]}',
  ),
  multipart('name*', `${part('1', "Content-Disposition: form-data; name*=utf-8''%e2%82%ac")}--X--`, '{"€":["1"]}'),
  multipart(
    'name* in another charset',
    `${part('1', "Content-Disposition: form-data; name*=iso-8859-1''%e9")}--X--`,
    '{}',
  ),
  multipart(
    'name in pieces',
    `${part('1', 'Content-Disposition: form-data; name*0="a"; name*1="b"')}--X--`,
    '{"ab":["1"]}',
  ),
  multipart(
    'duplicate parameter',
    part('1'),
    refused('mime: duplicate parameter name'),
    'multipart/form-data; boundary=X; boundary=Y',
  ),
  multipart('equal parameters', `${part('1')}--X--`, '{"a":["1"]}', 'multipart/form-data; boundary=X; boundary=X'),
  multipart('bad media type', part('1'), refused('mime: invalid media parameter'), 'multipart/form-data; boundary'),
  multipart('mixed', `${part('1')}--X--`, 'null', 'multipart/mixed; boundary=X'),
  multipart('header without colon', '--X\r\nabc\r\n\r\n', refused('malformed MIME header: missing colon: "abc"')),
  multipart('bad header', '--X\r\nx-a: \x01\r\n\r\n', refused('malformed MIME header line: "X-A: \\x01"')),
  body(
    69,
    'gzip',
    { type: 'application/json', raw: gzipSync('1'), headers: { 'content-encoding': 'gzip' } },
    refused("invalid character '\\x1f' looking for beginning of value"),
  ),
  body(
    71,
    'gRPC without descriptors, path of one segment',
    { type: 'application/grpc', raw: Buffer.of(0), path: '/a' },
    'null',
  ),
];
