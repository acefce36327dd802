import { Buffer } from 'node:buffer';
import type { Dispatcher } from 'undici';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** Why an exchange came to nothing: what happened, and whether the server had begun to answer. */
export interface HttpFailure {
  readonly error: Error;
  readonly answerBegun: boolean;
}

export interface ExchangeListener {
  answered(answer: HttpAnswer): void;
  failed(failure: HttpFailure): void;
}

export class AnswerTooLarge extends Error {}

/**
 * One request and its answer. Exactly one method of the listener is called, unless {@link abandon}
 * came first. Built on `dispatch`, whose promise forms do not let go of a request that is still
 * queued for a connection when it is aborted.
 */
export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly #listener: ExchangeListener;
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #bytes = 0;
  #ended = false;

  constructor(dispatcher: Dispatcher, request: HttpRequest, maxBytes: number, listener: ExchangeListener) {
    this.#listener = listener;
    this.#maxBytes = maxBytes;
    const { body = null, headers, method, path } = request;
    try {
      dispatcher.dispatch({ method, path, headers: { ...headers }, body }, this);
    } catch (error) {
      this.onResponseError(undefined, error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Nobody waits any longer: the connection is closed, so that OPA stops evaluating. */
  abandon(reason: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended) controller.abort(new Error('abandoned before it was sent'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#maxBytes) {
      this.#chunks.push(chunk);
      return;
    }
    const error = new AnswerTooLarge(`the answer is longer than ${this.#maxBytes} bytes`);
    this.#fail(error);
    this.#controller?.abort(error);
  }

  onResponseEnd(): void {
    if (this.#ended) return;
    this.#ended = true;
    const [only] = this.#chunks;
    const body = this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks);
    this.#listener.answered({ status: this.#status, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#fail(error);
  }

  #fail(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#listener.failed({ error, answerBegun: this.#status !== 0 });
  }
}
