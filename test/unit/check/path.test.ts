import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PathOptions, parsePath } from '../../../src/check/input/path.js';

const strict: PathOptions = { path_parsing: 'strict', encoded_slashes: 'refuse' };
const keep: PathOptions = { path_parsing: 'strict', encoded_slashes: 'keep' };
const plugin: PathOptions = { path_parsing: 'opa-envoy-plugin', encoded_slashes: 'refuse' };

function segments(target: string, options: PathOptions): readonly string[] | string {
  const parsed = parsePath(target, options);
  return parsed.ok ? parsed.value : parsed.error.reason;
}

describe('opa-envoy-plugin', () => {
  test.each<readonly [string, readonly string[]]>([
    ['', ['']],
    ['/', ['']],
    ['///', ['']],
    ['?a=1', ['']],
    ['a', ['a']],
    ['/a/', ['a', '']],
    ['/a//b', ['a', '', 'b']],
    ['//a//b//', ['a', '', 'b', '', '']],
    ['/a%2Fb', ['a', 'b']],
    ['%2F%2Fa', ['a']],
    ['/..%2f..%2fetc', ['..', '..', 'etc']],
    ['/a/../b', ['a', '..', 'b']],
    ['/a%20b', ['a b']],
    ['/a+b', ['a+b']],
    ['/a#f?x=1', ['a#f']],
    ['http://host/a/b?x=1', ['http:', '', 'host', 'a', 'b']],
    ['/%ff', ['\ufffd']],
    ['/%e2%82', ['\ufffd\ufffd']],
    ['/%c3%a9', ['é']],
  ])('%s', (target, expected) => {
    expect(segments(target, plugin)).toEqual(expected);
  });

  test('CVE-2026-26205: a second leading slash does not hide a segment', () => {
    expect(segments('//admin/x', plugin)).toEqual(['admin', 'x']);
  });

  test.each([
    ['/a%', '%'],
    ['/a%2', '%2'],
    ['/a%zz', '%zz'],
    ['/%zzz', '%zz'],
    ['/%aé', '%a\\xc3'],
    ['/%\n1', '%\\n1'],
  ])('%s is an error in the words of Go', (target, quoted) => {
    expect(parsePath(target, plugin)).toEqual({
      ok: false,
      error: { reason: 'path_bad_escape', message: `invalid URL escape "${quoted}"` },
    });
  });
});

describe('strict', () => {
  test.each<readonly [string, readonly string[]]>([
    ['', ['']],
    ['*', ['*']],
    ['/', ['']],
    ['/cars', ['cars']],
    ['/cars/', ['cars', '']],
    ['/a/b?x=/../y', ['a', 'b']],
    ['/v1/%61dmin/users', ['v1', 'admin', 'users']],
    ['/a;v=1/b', ['a;v=1', 'b']],
    ['/a%20b', ['a b']],
    ['/%E2%82%AC', ['€']],
    ['/…/x', ['…', 'x']],
    ['/...', ['...']],
    ['/.well-known/x', ['.well-known', 'x']],
    ['/a%25b', ['a%b']],
    ['/100%2525', ['100%25']],
    ['/a%3Fx=1', ['a?x=1']],
  ])('%s', (target, expected) => {
    expect(segments(target, strict)).toEqual(expected);
  });

  test('A-42 A-43 the query is cut off and segments are decoded one by one', () => {
    expect(segments('/v1/%61dmin/t?path=/x', strict)).toEqual(['v1', 'admin', 't']);
  });

  test.each([
    ['/a%', 'path_bad_escape'],
    ['/a%zz', 'path_bad_escape'],
    ['/a%2Fb', 'path_encoded_slash'],
    ['/a%2fb', 'path_encoded_slash'],
    ['/a\\b', 'path_backslash'],
    ['/a%5cb', 'path_backslash'],
    ['/%00', 'path_control_character'],
    ['/a\u0000', 'path_control_character'],
    ['/a%0d%0ab', 'path_control_character'],
    ['/a%7f', 'path_control_character'],
    ['/a%C2%85', 'path_control_character'],
    ['/a b', 'path_control_character'],
    ['/%ff', 'path_invalid_utf8'],
    ['/%c0%af', 'path_invalid_utf8'],
    ['/%c0%ae%c0%ae', 'path_invalid_utf8'],
    ['/%ed%a0%80', 'path_invalid_utf8'],
    ['/a/../b', 'path_dot_segment'],
    ['/a/./b', 'path_dot_segment'],
    ['/a/..', 'path_dot_segment'],
    ['/a/%2e%2E/b', 'path_dot_segment'],
    ['/a/.%2e', 'path_dot_segment'],
    ['/health/../v1/admin', 'path_dot_segment'],
    ['/a/..;/b', 'path_dot_segment'],
    ['/a/..;x=1/b', 'path_dot_segment'],
    ['/a/..%3bx/b', 'path_dot_segment'],
    ['/a/;/b', 'path_dot_segment'],
    ['/;x', 'path_dot_segment'],
    ['//a', 'path_empty_segment'],
    ['//', 'path_empty_segment'],
    ['/a//b', 'path_empty_segment'],
    ['/a//', 'path_empty_segment'],
    ['/a#f', 'path_fragment'],
    ['/a?b#f', 'path_fragment'],
    ['a', 'path_not_absolute'],
    ['?a=1', 'path_not_absolute'],
    ['*?x', 'path_not_absolute'],
    ['http://host/a', 'path_not_absolute'],
    ['host:443', 'path_not_absolute'],
    ['/a%252fb', 'path_double_encoding'],
    ['/%252e%252e/b', 'path_double_encoding'],
    ['/a%255cb', 'path_double_encoding'],
    ['/a%2500', 'path_double_encoding'],
    ['/a%25252fb', 'path_double_encoding'],
    ['/a%25%32%66b', 'path_double_encoding'],
    ['/%25%32%35%32%65%25%32%35%32%65', 'path_double_encoding'],
    ['/%25c0%25af', 'path_double_encoding'],
    ['/..%253bx', 'path_double_encoding'],
  ])('A-43 %j is refused: %s', (target, reason) => {
    expect(segments(target, strict)).toBe(reason);
  });

  test('encoded slashes may be kept inside their segment, without the rest', () => {
    expect(segments('/a%2Fb/c', keep)).toEqual(['a/b', 'c']);
    expect(segments('/a%2F..%2Fb', keep)).toBe('path_dot_segment');
    expect(segments('/a%252Fb', keep)).toBe('path_double_encoding');
    expect(segments('/a%5cb', keep)).toBe('path_backslash');
  });

  test('an escape nested a thousand times does not hold us up', () => {
    expect(segments(`/${'%25'.repeat(20_000)}2f`, strict)).toBe('path_double_encoding');
    expect(segments(`/%${'25'.repeat(20_000)}2f`, strict)).toBe('path_double_encoding');
  });
});

test('segments never hold what servers disagree about', () => {
  const piece = fc.constantFrom(...'/.%25;ab\\2fFeE5cC#? ', '%2e', '%2f', '%5c', '%25', '%00', '..', 'é', '%c3');
  const target = fc.array(piece, { maxLength: 14 }).map((pieces) => `/${pieces.join('')}`);
  fc.assert(
    fc.property(target, (text) => {
      const parsed = parsePath(text, strict);
      if (!parsed.ok) return;
      for (const [index, segment] of parsed.value.entries()) {
        expect(segment).not.toMatch(/[/\\\p{Cc}]/u);
        expect(segment.split(';')[0]).not.toMatch(/^\.\.?$/);
        expect(index < parsed.value.length - 1 && segment === '').toBe(false);
      }
    }),
    { numRuns: 5000 },
  );
});
