import { describe, expect, test } from 'vitest';
import { parseQuery } from '../../../src/check/input/query.js';

function values(query: string): unknown {
  const parsed = parseQuery(query, 'strict');
  return parsed.ok ? { ...parsed.value } : parsed.error;
}

describe('the rules of Go', () => {
  test.each<readonly [string, Record<string, readonly string[]>]>([
    ['', {}],
    ['a', { a: [''] }],
    ['a=', { a: [''] }],
    ['=v', { '': ['v'] }],
    ['=', { '': [''] }],
    ['&', {}],
    ['a=1&&b=2&', { a: ['1'], b: ['2'] }],
    ['a=1&a=2', { a: ['1', '2'] }],
    ['a=b=c', { a: ['b=c'] }],
    ['a+b=c+d', { 'a b': ['c d'] }],
    ['a=%2B', { a: ['+'] }],
    ['?a=1', { '?a': ['1'] }],
    ['a[]=1&a[]=2', { 'a[]': ['1', '2'] }],
    ['a=%ff', { a: ['\ufffd'] }],
    ['a=%E2%82', { a: ['\ufffd\ufffd'] }],
    ['a%3Bb=%3B', { 'a;b': [';'] }],
    ['x=1#f', { x: ['1#f'] }],
  ])('%s', (query, expected) => {
    expect(values(query)).toEqual(expected);
  });

  test('__proto__ and constructor are names like any other', () => {
    const parsed = parseQuery('__proto__=1&constructor=2&__proto__=3', 'strict');
    expect(parsed.ok && Object.entries(parsed.value)).toEqual([
      ['__proto__', ['1', '3']],
      ['constructor', ['2']],
    ]);
  });

  test.each([
    ['a=1;b=2', 'invalid semicolon separator in query'],
    ['a=%', 'invalid URL escape "%"'],
    ['a=%zz', 'invalid URL escape "%zz"'],
    ['%zz=1', 'invalid URL escape "%zz"'],
    ['ok=1&a=%zz&b=%yy', 'invalid URL escape "%zz"'],
    ['a=%zz&b;c', 'invalid semicolon separator in query'],
    ['a;b=%zz&c=%yy', 'invalid semicolon separator in query'],
  ])('%s is an error', (query, message) => {
    expect(values(query)).toEqual({ reason: 'query_invalid', message });
  });

  test('10000 pairs pass, 10001 do not', () => {
    expect(parseQuery('a&'.repeat(9_999), 'strict').ok).toBe(true);
    expect(values('a&'.repeat(10_000))).toMatchObject({ reason: 'query_too_many' });
    expect(parseQuery('&'.repeat(10_000), 'lenient').ok).toBe(false);
  });
});

test('lenient parsing leaves malformed pairs out', () => {
  const parsed = parseQuery('a=1;b=2&c=%zz&d=4', 'lenient');
  expect(parsed.ok && { ...parsed.value }).toEqual({ d: ['4'] });
});
