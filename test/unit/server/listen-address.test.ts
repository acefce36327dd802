import { expect, test } from 'vitest';
import { parseListenAddress } from '../../../src/config/address.js';
import { formatListenAddress } from '../../../src/server/listen-address.js';

test.each([
  ['127.0.0.1:9191', { kind: 'tcp', host: '127.0.0.1', port: 9191 }],
  ['localhost:0', { kind: 'tcp', host: 'localhost', port: 0 }],
  ['[::1]:65535', { kind: 'tcp', host: '::1', port: 65535 }],
  ['unix:///run/portcullis/check.sock', { kind: 'unix', path: '/run/portcullis/check.sock' }],
])('reads %s and writes it back', (text, address) => {
  const parsed = parseListenAddress(text);
  expect(parsed).toEqual({ ok: true, value: address });
  if (parsed.ok) expect(formatListenAddress(parsed.value)).toBe(text);
});

test.each([
  '',
  '9191',
  ':9191',
  'localhost',
  'localhost:',
  '127.0.0.1:65536',
  '127.0.0.1:99999',
  '127.0.0.1:-1',
  '::1:9191',
  '[localhost]:1',
  'http://localhost:1',
  'unix:relative.sock',
  'unix://host/check.sock',
  'unix:///',
  'unix:///run/',
  'unix:///run/check\0.sock',
  `unix:///${'a'.repeat(103)}`,
])('refuses %j and names it', (text) => {
  const parsed = parseListenAddress(text);
  expect(parsed.ok).toBe(false);
});

test('a socket path may be as long as the shortest limit of the systems we run on', () => {
  expect(parseListenAddress(`unix:///${'a'.repeat(102)}`).ok).toBe(true);
  expect(parseListenAddress(`unix:///${'é'.repeat(52)}`).ok).toBe(false);
});
