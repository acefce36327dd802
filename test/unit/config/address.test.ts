import { expect, test } from 'vitest';
import { isLoopback, parseListenAddress } from '../../../src/config/address.js';
import { configSchema } from '../../../src/config/schema.js';

const longest = `/${'a'.repeat(102)}`;

test.each([
  ['127.0.0.1:9191', { kind: 'tcp', host: '127.0.0.1', port: 9191 }],
  ['[::1]:9191', { kind: 'tcp', host: '::1', port: 9191 }],
  ['[::]:0', { kind: 'tcp', host: '::', port: 0 }],
  ['localhost:65535', { kind: 'tcp', host: 'localhost', port: 65_535 }],
  ['my-host.example_1:80', { kind: 'tcp', host: 'my-host.example_1', port: 80 }],
  ['unix:///run/p.sock', { kind: 'unix', path: '/run/p.sock' }],
  [`unix://${longest}`, { kind: 'unix', path: longest }],
])('%s can be listened on', (text, value) => {
  expect(parseListenAddress(text)).toEqual({ ok: true, value });
  expect(configSchema.safeParse({ grpc: { address: text } }).success).toBe(true);
});

test.each([
  '',
  '9191',
  ':9191',
  '127.0.0.1',
  '127.0.0.1:',
  '127.0.0.1:65536',
  '127.0.0.1:-1',
  '127.0.0.1:99999999',
  '127.0.0.999:1',
  '127.1:1',
  '::1:9191',
  '[::1]',
  '[::g]:1',
  '[127.0.0.1]:1',
  'a b:1',
  'http://127.0.0.1:1',
  'unix:run/p.sock',
  'unix://run/p.sock',
  'unix:///',
  'unix:///run/',
  'unix:///a\0b',
  `unix://${longest}a`,
  `unix:///${'é'.repeat(54)}`,
])('%j cannot', (text) => {
  expect(parseListenAddress(text).ok).toBe(false);
  expect(configSchema.safeParse({ grpc: { address: text } }).success).toBe(false);
});

test.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['127.0.0.1.example.com', false],
  ['localhost.example.com', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
