import { write } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Writes some of the bytes and resolves to how many, as `fs.write` does. */
export type Sink = (bytes: Buffer) => Promise<number>;

export function fileDescriptor(fd: number): Sink {
  return (bytes) =>
    new Promise((resolve, reject) => write(fd, bytes, (error, count) => (error ? reject(error) : resolve(count))));
}

export interface LineWriterOptions {
  readonly sink: Sink;
  /** Characters that may wait for the sink; a line beyond that is dropped. */
  readonly capacity: number;
  readonly onDrop: (lines: number) => void;
}

/** Milliseconds before a full pipe is tried again. */
const retryDelay = 20;

/**
 * Writes lines in the background, several at a time. A reader that stops reading costs lines, which
 * are counted, but neither memory nor the time of a check; `process.stdout` would block on a full pipe.
 */
export class LineWriter {
  readonly #options: LineWriterOptions;
  #waiting: string[] = [];
  #waitingLength = 0;
  #flushing: Promise<void> | undefined;
  #abandoned = false;

  constructor(options: LineWriterOptions) {
    this.#options = options;
  }

  /** @param line with its line feed */
  write(line: string): void {
    if (this.#abandoned || this.#waitingLength + line.length > this.#options.capacity) {
      this.#options.onDrop(1);
      return;
    }
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    this.#flushing ??= this.#flush();
  }

  /** Writes what waits; what is not written after `timeout` milliseconds is dropped. */
  async close(timeout: number): Promise<void> {
    const timer = new AbortController();
    const late = delay(timeout, undefined, { signal: timer.signal }).catch(() => {});
    await Promise.race([this.#flushing, late]);
    timer.abort();
    this.#abandoned = true;
    if (this.#waiting.length > 0) this.#options.onDrop(this.#take().length);
  }

  async #flush(): Promise<void> {
    // Lines of the same turn of the event loop go out in one write.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#writeAll(Buffer.from(this.#take().join('')));
    this.#flushing = undefined;
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      try {
        rest = rest.subarray(await this.#options.sink(rest));
      } catch (error) {
        const busy = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
        if (!busy || this.#abandoned) {
          this.#options.onDrop(lineCount(rest));
          return;
        }
        await delay(retryDelay);
      }
    }
  }

  #take(): string[] {
    const taken = this.#waiting;
    this.#waiting = [];
    this.#waitingLength = 0;
    return taken;
  }
}

function lineCount(bytes: Buffer): number {
  return bytes.reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 0);
}
