import { expect, test } from 'vitest';
import { buildInput } from '../../../src/check/input/input.js';
import { pluginInput, strictInput } from './options.js';

const refused = ['a.example,b.example', 'alice@a.example', 'a.example/x', 'a.example\\x', 'a.example?x', 'a.example#x'];
const escaped = ['%61.example', 'a example', 'a\texample', 'ä.example', 'a\0'];
const plain = [
  '',
  'a.example',
  'A.Example:8080',
  'a.example.',
  '127.0.0.1:1',
  '[::1]:8080',
  'a_b',
  'outbound|80||a.svc',
];

const build = (host: string, options = strictInput, shape: 'envoy' | 'http-api' = 'envoy') =>
  buildInput({ request: { http: { method: 'GET', path: '/', host } } }, { kind: 'anonymous' }, options, shape);

test.each([...refused, ...escaped])('the host %j is refused, save in the way of opa-envoy-plugin', (host) => {
  expect(build(host)).toMatchObject({ ok: false, error: { reason: 'host_ambiguous' } });
  expect(build(host, strictInput, 'http-api')).toMatchObject({ ok: false, error: { reason: 'host_ambiguous' } });
  expect(build(host, pluginInput).ok).toBe(true);
});

test.each(plain)('the host %j reaches the policy as it was sent', (host) => {
  expect(build(host)).toMatchObject({ ok: true, value: { attributes: { request: { http: { host } } } } });
});
