import { expect, test } from 'vitest';
import { type AddressRange, addressMatcher, parseAddressRange } from '../../../src/config/address-range.js';

test.each([
  ['10.1.2.3', { address: '10.1.2.3', prefix: 32, family: 'ipv4' }],
  ['10.0.0.0/8', { address: '10.0.0.0', prefix: 8, family: 'ipv4' }],
  ['::1', { address: '::1', prefix: 128, family: 'ipv6' }],
  ['fd00::/8', { address: 'fd00::', prefix: 8, family: 'ipv6' }],
  ['0.0.0.0/0', { address: '0.0.0.0', prefix: 0, family: 'ipv4' }],
])('%s is read', (text, value) => {
  expect(parseAddressRange(text)).toEqual({ ok: true, value });
});

test.each(['', 'localhost', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::1/129', '10.0.0/8', 'fe80::1%eth0', '/8'])(
  '%j is refused',
  (text) => {
    expect(parseAddressRange(text)).toMatchObject({ ok: false });
  },
);

test('an address matches by its family, however the socket shows it', () => {
  const ranges = ['127.0.0.0/8', '::1'].map((text) => (parseAddressRange(text) as { value: AddressRange }).value);
  const matches = addressMatcher(ranges);
  expect(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'].map(matches)).toEqual([true, true, true, true]);
  expect(['128.0.0.1', '::2', '::ffff:10.0.0.1', '', 'unix'].map(matches)).toEqual([false, false, false, false, false]);
});
