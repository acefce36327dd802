import { describe, expect, test } from 'vitest';
import type { PortcullisServer } from '../../support/portcullis-server.js';
import { freePort } from '../../support/ports.js';
import { serve } from './serve.js';

const megabyte = 1024 * 1024;
// Two halves of one megabyte each. Left to itself, V8 makes it grow while Portcullis starts.
const small = 2 * megabyte;

/** Bytes of the young generation of each process that answers checks. */
async function youngGenerations(portcullis: PortcullisServer): Promise<readonly number[]> {
  const lines = (await portcullis.metrics()).split('\n');
  return lines
    .filter((line) => /^nodejs_heap_space_size_total_bytes\{.*space="new"/.test(line) && !line.includes('supervisor'))
    .map((line) => Number(line.split(' ').at(-1)));
}

describe('the memory of a started Portcullis', () => {
  test('has a young generation that stays small', async () => {
    const sizes = await youngGenerations(await serve());
    expect(sizes).toHaveLength(1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(small);
  });

  test('has it in every worker', async () => {
    const grpcAddress = `127.0.0.1:${await freePort()}`;
    const sizes = await youngGenerations(await serve({ grpcAddress, config: { workers: { count: 2 } } }));
    expect(sizes).toHaveLength(2);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(small);
  }, 60_000);

  test('is for NODE_OPTIONS to say', async () => {
    const [size] = await youngGenerations(await serve({ env: { NODE_OPTIONS: '--max-semi-space-size=16' } }));
    expect(size).toBeGreaterThan(small);
  });
});
