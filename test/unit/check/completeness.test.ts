import { expect, test } from 'vitest';
import { requireComplete } from '../../../src/check/input/completeness.js';
import type { Attributes } from '../../../src/envoy/attributes.js';
import { pluginInput, strictInput } from './options.js';

test.each<[string, Attributes | undefined]>([
  ['no attributes', undefined],
  ['empty attributes', {}],
  ['a request without HTTP', { request: {} }],
  ['context extensions alone', { contextExtensions: { a: 'b' } }],
  ['no method', { request: { http: { path: '/' } } }],
  ['an empty method', { request: { http: { method: '', path: '/' } } }],
  ['no path', { request: { http: { method: 'GET' } } }],
  ['no method, with a connection', { source: {}, destination: {}, request: { http: { path: '/' } } }],
])('A-30 A-31 %s is refused, and passed on where the plugin does so', (_case, attributes) => {
  expect(requireComplete(attributes, strictInput)).toMatchObject({
    ok: false,
    error: { reason: 'request_incomplete' },
  });
  expect(requireComplete(attributes, pluginInput)).toEqual({ ok: true, value: undefined });
});

test.each<[string, Attributes]>([
  ['an HTTP request', { request: { http: { method: 'GET', path: '/' } } }],
  ['a connection', { source: {}, destination: {} }],
])('%s is complete', (_case, attributes) => {
  expect(requireComplete(attributes, strictInput).ok).toBe(true);
});
