import { type Item, refused } from './item.js';

const path = (item: number, target: string, segments: readonly string[] | string): Item => ({
  item,
  name: `path ${JSON.stringify(target)}`,
  ask: { http: { method: 'GET', path: target }, shows: 'parsed_path' },
  answer: typeof segments === 'string' ? refused(segments) : `parsed_path ${JSON.stringify(segments)}`,
});

const query = (item: number, text: string, values: Readonly<Record<string, readonly string[]>> | string): Item => ({
  item,
  name: `query ${JSON.stringify(text.slice(0, 40))}`,
  ask: { http: { method: 'GET', path: `/p?${text}` }, shows: 'parsed_query' },
  answer: typeof values === 'string' ? refused(values) : `parsed_query ${JSON.stringify(sorted(values))}`,
});

function sorted(values: Readonly<Record<string, readonly string[]>>): unknown {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const badEscape = (text: string) => `invalid URL escape "${text}"`;
const semicolon = 'invalid semicolon separator in query';

/** Items 1–32: paths and queries. */
export const targets: readonly Item[] = [
  path(6, '//a//b//', ['a', '', 'b', '', '']),
  path(7, '///admin/x', ['admin', 'x']),
  path(8, '/a%2fb', ['a', 'b']),
  path(9, '%2F%2Fa', ['a']),
  path(9, '/%2F/a', ['a']),
  path(10, '/..%2F..%2fetc', ['..', '..', 'etc']),
  path(11, '/a/../b', ['a', '..', 'b']),
  path(11, '/%2e%2e/b', ['..', 'b']),
  path(12, '/a+b', ['a+b']),
  path(12, '/a%20b', ['a b']),
  path(13, '/a;b=1;c/d', ['a;b=1;c', 'd']),
  path(14, '/a#f?x=1', ['a#f']),
  path(14, '/#', ['#']),
  path(15, '/a%3fx=1', ['a?x=1']),
  path(16, 'https://user@host:1/a//b', ['https:', '', 'user@host:1', 'a', '', 'b']),
  path(17, '[::1]:443', ['[::1]:443']),
  path(18, '/%ff', ['\ufffd']),
  path(18, '/%E2%82', ['\ufffd\ufffd']),
  path(18, '/%c3%a9/é', ['é', 'é']),
  path(18, '/%ed%a0%80', ['\ufffd\ufffd\ufffd']),
  path(18, '/%0d%0a', ['\r\n']),
  path(19, '/a%2', badEscape('%2')),
  path(19, '/a%zz', badEscape('%zz')),
  path(19, '%', badEscape('%')),
  path(19, '/a%é', badEscape('%é')),
  path(19, '/%€', badEscape('%\\xe2\\x82')),
  path(19, '/a%"b', badEscape('%\\"b')),
  path(19, '/ok%20/%4', badEscape('%4')),
  query(20, '', {}),
  query(22, 'a&b=', { a: [''], b: [''] }),
  query(23, '=', { '': [''] }),
  query(23, '=v&=w', { '': ['v', 'w'] }),
  query(24, 'b=2&a=1&b=1&a=2', { a: ['1', '2'], b: ['2', '1'] }),
  query(26, 'a+b=c+d', { 'a b': ['c d'] }),
  query(26, 'a=%20+%2B', { a: ['  +'] }),
  query(27, 'a=1&b;c', semicolon),
  query(27, ';', semicolon),
  query(27, 'a=%zz&b;c', semicolon),
  query(28, 'a=1%3Bb=2', { a: ['1;b=2'] }),
  query(29, 'a=%zz&b=%yy', badEscape('%zz')),
  query(29, 'a=%2', badEscape('%2')),
  query(30, '&'.repeat(9_999), {}),
  query(30, '&'.repeat(10_000), 'number of URL query parameters exceeded limit'),
  query(30, `${'a=1;&'.repeat(10_000)}`, 'number of URL query parameters exceeded limit'),
  query(31, '__proto__=1&__proto__=2', JSON.parse('{"__proto__":["1","2"]}')),
  query(31, 'a[]=1&a[]=2&a[b]=3', { 'a[]': ['1', '2'], 'a[b]': ['3'] }),
  query(32, 'a=%ff%fe', { a: ['\ufffd\ufffd'] }),
  query(32, 'a=%00%0d%0a', { a: ['\0\r\n'] }),
];
