import { expect, test } from 'vitest';
import { headerView } from '../../../src/check/input/headers.js';

const raw = (text: string) => Buffer.from(text, 'utf8');

test('A-45 A-54 both encodings are read alike, without regard to case', () => {
  const map = headerView({ headers: { user_roles: 'a,b', 'X-Mixed': 'm' } });
  const lines = headerView({
    headerMap: {
      headers: [
        { key: 'user_roles', rawValue: raw('a') },
        { key: 'USER_ROLES', rawValue: raw('b') },
        { key: 'X-Mixed', value: 'm' },
      ],
    },
  });
  for (const view of [map, lines]) {
    expect(view.get('user_roles')).toBe('a,b');
    expect(view.get('x-mixed')).toBe('m');
    expect(view.get('x-none')).toBeUndefined();
  }
  expect(map.values('user_roles')).toEqual(['a,b']);
  expect(lines.values('user_roles')).toEqual(['a', 'b']);
});

test('a value in one encoding cannot hide behind the other', () => {
  const both = headerView({ headers: { a: '1' }, headerMap: { headers: [{ key: 'a', rawValue: raw('2') }] } });
  expect(both.values('a')).toEqual(['1', '2']);
});

test('all headers as one map without a prototype and without pseudo headers', () => {
  const all = headerView({ headers: JSON.parse('{":path":"/","__proto__":"x","A":"1","a":"2"}') }).all();
  expect(Object.getPrototypeOf(all)).toBe(null);
  expect(Object.entries(all)).toEqual([
    ['__proto__', 'x'],
    ['a', '1,2'],
  ]);
});

test('invalid bytes are U+FFFD one by one, and an empty value is a value', () => {
  const view = headerView({
    headerMap: { headers: [{ key: 'a', rawValue: Uint8Array.of(0xe2, 0x82) }, { key: 'b' }] },
  });
  expect(view.get('a')).toBe('\ufffd\ufffd');
  expect(view.get('b')).toBe('');
});
