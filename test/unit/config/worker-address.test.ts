import { expect, test } from 'vitest';
import { parseListenAddress } from '../../../src/config/address.js';
import { workerAddresses } from '../../../src/config/worker-address.js';

function addresses(text: string, count: number) {
  const address = parseListenAddress(text);
  if (!address.ok) throw new Error(address.error);
  const all = workerAddresses(address.value, count);
  return all.ok ? all.value.map((one) => (one.kind === 'unix' ? one.path : `${one.host}:${one.port}`)) : all.error;
}

test.each([
  ['127.0.0.1:9191', 1, ['127.0.0.1:9191']],
  ['127.0.0.1:9191', 3, ['127.0.0.1:9191', '127.0.0.1:9192', '127.0.0.1:9193']],
  ['127.0.0.1:0', 2, ['127.0.0.1:0', '127.0.0.1:0']],
  ['unix:///run/check.sock', 1, ['/run/check.sock']],
  ['unix:///run/check-{worker}.sock', 1, ['/run/check-0.sock']],
  ['unix:///run/check-{worker}.sock', 2, ['/run/check-0.sock', '/run/check-1.sock']],
])('%s for %i workers', (address, count, expected) => {
  expect(addresses(address, count)).toEqual(expected);
});

test.each([
  ['unix:///run/check.sock', 2, '{worker}'],
  ['127.0.0.1:65535', 2, '65535'],
])('%s is not enough for %i workers', (address, count, problem) => {
  expect(addresses(address, count)).toContain(problem);
});
