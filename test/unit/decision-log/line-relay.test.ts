import { expect, test } from 'vitest';
import { createLineRelay } from '../../../src/decision-log/line-relay.js';

async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

/** Keeps what is written, at most `most` bytes at a time. */
function memory(most = Number.POSITIVE_INFINITY) {
  const written: string[] = [];
  const sink = async (bytes: Buffer) => {
    const some = bytes.subarray(0, most);
    written.push(some.toString());
    return some.length;
  };
  return { sink, text: () => written.join('') };
}

test('two processes do not tear lines apart, even if everything comes and goes in pieces', async () => {
  const output = memory(3);
  const relay = createLineRelay(output.sink);
  await Promise.all([relay(chunks('aaaa', 'aaaa\naa', 'aa\n')), relay(chunks('bb', 'bbbb\n', 'bb\nbb', '\n'))]);
  expect(output.text().split('\n').sort()).toEqual(['', 'aaaa', 'aaaaaaaa', 'bb', 'bb', 'bbbbbb']);
});

test('a last line that is torn is dropped', async () => {
  const output = memory();
  await createLineRelay(output.sink)(chunks('whole\nto', 'rn'));
  expect(output.text()).toBe('whole\n');
});

test('nothing is read while nothing can be written, and a full pipe is tried again', async () => {
  let full = true;
  let read = 0;
  const output = memory();
  const relay = createLineRelay(async (bytes) => {
    if (full) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
    return output.sink(bytes);
  });
  async function* counted() {
    for (const text of ['one\n', 'two\n']) {
      read += 1;
      yield Buffer.from(text);
    }
  }
  const relaying = relay(counted());
  await expect.poll(() => read).toBe(1);
  full = false;
  await relaying;
  expect(output.text()).toBe('one\ntwo\n');
});

test('once nobody reads, it goes on reading, so that nobody is held up', async () => {
  const relay = createLineRelay(() => Promise.reject(Object.assign(new Error('closed'), { code: 'EPIPE' })));
  await relay(chunks('one\n', 'two\n'));
});
