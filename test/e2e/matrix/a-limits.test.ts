import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useBackend } from './support/gateway.js';
import { useSeenInput } from './support/seen-input.js';

// Node itself takes 16 KiB of headers.
const backend = createServer({ maxHeaderSize: 128 * 1024 }, (_request, response) => void response.end('ok'));
beforeAll(async () => {
  await once(backend.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  backend.close();
  backend.closeAllConnections();
});

const stack = useSeenInput({
  change: (gateway) => useBackend(gateway, (backend.address() as AddressInfo).port),
});

/** So many headers, all of them together with so many bytes. */
function headers(count: number, bytes: number): [string, string][] {
  const value = 'v'.repeat(Math.floor(bytes / count) - 'x-000'.length);
  return Array.from({ length: count }, (_, index) => [`x-${String(index).padStart(3, '0')}`, value]);
}

test('A26 almost 60 KiB of headers in 90 lines arrive whole', async () => {
  const sent = headers(90, 59 * 1024);
  const { response, input, log } = await stack().ask('/cars', { headers: sent });
  expect(response.status).toBe(200);
  expect(input.attributes.request.http.headers).toMatchObject(Object.fromEntries(sent));
  expect(log).toMatchObject({ flags: '-' });
});

test('A26 one header of almost 60 KiB', async () => {
  const sent = headers(1, 59 * 1024);
  const { response, input } = await stack().ask('/cars', { headers: sent });
  expect(response.status).toBe(200);
  expect(input.attributes.request.http.headers).toMatchObject(Object.fromEntries(sent));
});

test('A26 more than 60 KiB, or more than 100 headers, are refused with 431 and no check', async () => {
  const before = await stack().checks();
  for (const sent of [headers(90, 62 * 1024), headers(101, 4 * 1024)]) {
    const { status } = await stack().send('/cars', { headers: sent });
    expect(status).toBe(431);
  }
  expect(await stack().checks()).toEqual(before);
});
