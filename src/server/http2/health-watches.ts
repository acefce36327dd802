import type { ServerHttp2Stream } from 'node:http2';
import { type ServingStatus, writeHealthCheckResponse } from './health-codec.js';
import { closeMessages, framed, isOpen, openMessages } from './reply.js';
import type { ServerCall } from './server-call.js';

/** The Watch calls that are open now. */
export interface HealthWatches {
  add(service: string, call: ServerCall): void;
  /** The status may have changed. */
  readonly tell: () => void;
  close(): void;
}

/** The longest time that a timer of Node can wait, in milliseconds. */
const longestTimer = 2 ** 31 - 1;

export function createHealthWatches(statusOf: (service: string) => ServingStatus): HealthWatches {
  const open = new Set<Watch>();
  return {
    add: (service, call) => {
      const watch = new Watch(call, () => statusOf(service));
      open.add(watch);
      watch.whenClosed(() => open.delete(watch));
      watch.tell();
    },
    tell: () => {
      for (const watch of open) watch.tell();
    },
    close: () => {
      for (const watch of open) watch.end();
    },
  };
}

class Watch {
  readonly #stream: ServerHttp2Stream;
  readonly #status: () => ServingStatus;
  readonly #timer: NodeJS.Timeout | undefined;
  #told: ServingStatus | undefined;

  constructor(call: ServerCall, status: () => ServingStatus) {
    this.#stream = call.takeOver();
    this.#status = status;
    openMessages(this.#stream);
    if (call.deadline === Number.POSITIVE_INFINITY) return;
    const left = Math.min(call.deadline - performance.now(), longestTimer);
    this.#timer = setTimeout(() => closeMessages(this.#stream, 'late'), left);
    this.#timer.unref();
  }

  whenClosed(closed: () => void): void {
    this.#stream.once('close', () => {
      clearTimeout(this.#timer);
      closed();
    });
  }

  /** One write at a time: a client that does not read costs one message, and not one for each change. */
  tell(): void {
    if (!isOpen(this.#stream) || this.#stream.writableEnded || this.#stream.writableLength > 0) return;
    const status = this.#status();
    if (status === this.#told) return;
    this.#told = status;
    this.#stream.write(framed(writeHealthCheckResponse(status)), () => this.tell());
  }

  end(): void {
    this.tell();
    closeMessages(this.#stream, 'ok');
  }
}
