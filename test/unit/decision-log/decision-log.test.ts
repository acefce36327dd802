import { expect, test } from 'vitest';
import { createDecisionLog } from '../../../src/decision-log/decision-log.js';
import type { DecisionRecord } from '../../../src/decision-log/decision-record.js';
import type { Sink } from '../../../src/decision-log/line-writer.js';

function record(decisionId: string): DecisionRecord {
  return { time: 0, decisionId, outcome: 'allow', reason: 'policy', duration: 1 };
}

/** Keeps what is written; `accept` says how many bytes it takes at a time, or throws. */
function memory(accept: (bytes: Buffer) => number | Promise<number> = (bytes) => bytes.length) {
  let text = '';
  const sink: Sink = async (bytes) => {
    const count = await accept(bytes);
    text += bytes.subarray(0, count).toString();
    return count;
  };
  const ids = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).decision_id);
  return { sink, ids };
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

test('A-99 each check has its record, in order', async () => {
  const { sink, ids } = memory();
  const log = createDecisionLog({ enabled: true, sink });
  const expected = Array.from({ length: 1000 }, (_, index) => `d${index}`);
  for (const id of expected) log.record(() => record(id));
  await log.close();
  expect(ids()).toEqual(expected);
});

test('a disabled log does not even make its records', async () => {
  let made = 0;
  const log = createDecisionLog({ enabled: false, sink: () => Promise.reject(new Error('unused')) });
  log.record(() => {
    made += 1;
    return record('d');
  });
  await log.close();
  expect(made).toBe(0);
  expect(log.enabled).toBe(false);
});

test('B-43 an output that takes a few bytes at a time loses nothing', async () => {
  const { sink, ids } = memory((bytes) => Math.min(7, bytes.length));
  const log = createDecisionLog({ enabled: true, sink });
  for (const id of ['a', 'b', 'c']) log.record(() => record(id));
  await log.close();
  expect(ids()).toEqual(['a', 'b', 'c']);
});

test('B-43 a full pipe is tried again', async () => {
  let attempts = 0;
  const { sink, ids } = memory((bytes) => {
    attempts += 1;
    if (attempts < 3) throw failure('EAGAIN');
    return bytes.length;
  });
  const log = createDecisionLog({ enabled: true, sink });
  log.record(() => record('a'));
  await log.close();
  expect(ids()).toEqual(['a']);
});

test('B-43 an output that is too slow costs records, which are counted, and no more memory than its bound', async () => {
  let release = () => {};
  const stuck = new Promise<void>((resolve) => (release = resolve));
  const { sink, ids } = memory(async (bytes) => {
    await stuck;
    return bytes.length;
  });
  let dropped = 0;
  const log = createDecisionLog({ enabled: true, sink, capacity: 1000, onDrop: (count) => (dropped += count) });
  for (let index = 0; index < 100; index += 1) log.record(() => record(`d${index}`));
  release();
  await log.close();
  expect(dropped).toBeGreaterThan(80);
  expect(ids().length + dropped).toBe(100);
});

test('B-43 an output that fails costs the records it was given, which are counted; later ones are tried', async () => {
  let attempts = 0;
  const { sink, ids } = memory((bytes) => {
    attempts += 1;
    if (attempts === 1) throw failure('ENOSPC');
    return bytes.length;
  });
  let dropped = 0;
  const dropping = new Promise<void>((resolve) => {
    const log = createDecisionLog({
      enabled: true,
      sink,
      onDrop: (count) => {
        dropped += count;
        log.record(() => record('c'));
        void log.close().then(resolve);
      },
    });
    log.record(() => record('a'));
    log.record(() => record('b'));
  });
  await dropping;
  expect(dropped).toBe(2);
  expect(ids()).toEqual(['c']);
});

test('a record that cannot be made is counted and does not disturb the check', async () => {
  let dropped = 0;
  const { sink, ids } = memory();
  const log = createDecisionLog({ enabled: true, sink, onDrop: (count) => (dropped += count) });
  log.record(() => {
    throw new Error('fault');
  });
  log.record(() => ({ ...record('a'), time: Number.NaN }));
  log.record(() => record('b'));
  await log.close();
  expect(dropped).toBe(2);
  expect(ids()).toEqual(['b']);
});

test('close gives up on an output that does not answer, and counts what was not written', async () => {
  let dropped = 0;
  const { LineWriter } = await import('../../../src/decision-log/line-writer.js');
  const writer = new LineWriter({ sink: () => new Promise(() => {}), capacity: 1000, onDrop: (n) => (dropped += n) });
  writer.write('stuck\n');
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  writer.write('waiting\n');
  await writer.close(10);
  writer.write('late\n');
  expect(dropped).toBe(2);
});
