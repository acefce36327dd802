import { describe } from 'vitest';
import { expectSameAnswers } from './expect-same-answers.js';
import type { Call } from './opa-answers.js';
import { set } from './values.js';

const texts = ['', 'a', 'hello world', 'é😀', "a+b&c=d%25/?#[]@!$'()*,;:~-_.", '\u0000\u0001\u007f', 'a'.repeat(200)];

const hashes = [
  'crypto.md5',
  'crypto.sha1',
  'crypto.sha256',
  'hex.encode',
  'base64url.encode_no_pad',
  'urlquery.encode',
];
const macs = ['crypto.hmac.md5', 'crypto.hmac.sha1', 'crypto.hmac.sha256', 'crypto.hmac.sha512', 'crypto.hmac.equal'];
const escaped = ['', 'a+b', 'a%20b', '%C3%A9', '%', '%2', '%zz', '%%41', 'é', '%00', '+%2B+', '%e2%82%ac'];
const queries = [
  '',
  '&',
  '=',
  'a',
  'a=',
  '=a',
  'a=b',
  'a=1&a=2&b',
  'a=b=c',
  'a;b=c',
  '%61=%62',
  'a=%zz',
  '%zz=a',
  'a+b=c+d',
  '__proto__=1&constructor=2',
  '10=a&2=b',
  'a=1&&b=2',
  '?a=b',
  '%26=%3D',
];

describe('encoding', () => {
  expectSameAnswers([
    ...hashes.flatMap((name) => [...texts, 1, null].map((text): Call => [name, text])),
    ...macs.flatMap((name) =>
      [...texts, 1].flatMap((text): Call[] => [
        [name, text, 'key'],
        [name, 'message', text],
        [name, text, text],
      ]),
    ),
    ...['', '00', '4a4B', 'c3a9', '4', 'zz', ' 4a', '0x4a', 7].map((text): Call => ['hex.decode', text]),
    ...[...escaped, 7].map((text): Call => ['urlquery.decode', text]),
    ...[...queries, 7].map((text): Call => ['urlquery.decode_object', text]),
    ...[
      {},
      { a: 'b' },
      { b: '1', a: ['2', '1'] },
      { a: set('y', 'x') },
      { a: [] },
      { a: 1 },
      { a: [1] },
      { a: null },
      { 'a b': 'c d', é: '&=' },
      { a: { b: 'c' } },
      [],
      'x',
      { '10': 'x', '2': 'y', '\uffff': '1', '😀': '2' },
    ].map((value): Call => ['urlquery.encode_object', value]),
  ]);
});
