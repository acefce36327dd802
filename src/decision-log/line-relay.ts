import { setTimeout as delay } from 'node:timers/promises';
import { fileDescriptor, type Sink } from './line-writer.js';

const lineFeed = 0x0a;
/** Milliseconds before a full pipe is tried again. */
const retryDelay = 20;

/**
 * Passes on what several processes write, whole lines at a time: two that wrote to one pipe themselves would tear each
 * other's lines apart. Nothing is read while nothing can be written, so that a process whose reader is slow learns it.
 *
 * @returns takes the output of one more process; resolves at its end. What is left of a torn last line is dropped.
 */
export function createLineRelay(sink: Sink = fileDescriptor(1)): (output: AsyncIterable<Buffer>) => Promise<void> {
  let writing: Promise<void> = Promise.resolve();
  const write = (bytes: Buffer) => {
    writing = writing.then(() => writeAll(sink, bytes));
    return writing;
  };
  return async (output) => {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of output) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = bytes.lastIndexOf(lineFeed) + 1;
      if (end > 0) await write(bytes.subarray(0, end));
      rest = bytes.subarray(end);
    }
  };
}

async function writeAll(sink: Sink, bytes: Buffer): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(await sink(rest));
    } catch (error) {
      const busy = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
      // Nobody reads any more: what is written is lost, as it would be without a relay.
      if (!busy) return;
      await delay(retryDelay);
    }
  }
}
