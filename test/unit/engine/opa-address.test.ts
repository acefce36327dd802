import { expect, test } from 'vitest';
import { opaAddress } from '../../../src/engine/opa/opa-address.js';

test.each([
  ['http://127.0.0.1:8181', { origin: 'http://127.0.0.1:8181', socketPath: undefined, prefix: '' }],
  ['http://[::1]:8181/', { origin: 'http://[::1]:8181', socketPath: undefined, prefix: '' }],
  ['https://opa.example/team/', { origin: 'https://opa.example', socketPath: undefined, prefix: '/team' }],
  ['unix:///run/opa.sock', { origin: 'http://localhost', socketPath: '/run/opa.sock', prefix: '' }],
  ['unix:///run/my%20opa.sock', { origin: 'http://localhost', socketPath: '/run/my opa.sock', prefix: '' }],
])('%s is an address', (url, address) => {
  expect(opaAddress(url)).toEqual(address);
});

test.each([
  '',
  '127.0.0.1:8181',
  'ftp://host/',
  'unix://run/opa.sock',
  'unix:///',
  'http://u:p@host/',
  'http://host/?x',
])('%j is none', (url) => {
  expect(() => opaAddress(url)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
});
