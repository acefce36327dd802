import { isDeepStrictEqual } from 'node:util';
import { encodeJson } from '../../json/encode.js';
import type { JsonObject, JsonValue } from '../../json/json.js';
import type { ExternalData } from '../external-data.js';
import type { HttpAnswer } from './http-exchange.js';
import { OpaClient, type OpaClientOptions } from './opa-client.js';

export interface OpaDataWriterOptions extends Pick<OpaClientOptions, 'url' | 'token' | 'tls'> {
  readonly data: ExternalData;
  /** Milliseconds after which one request has failed. */
  readonly timeout?: number;
  /** Milliseconds between two looks at whether OPA still has what was written, and before a second try. */
  readonly recheck?: number;
}

/**
 * Writes external data into OPA, each member of its top-level documents by a PUT of its own: below
 * `/v1/data/kubernetes/deployments`, say, so that a bundle may own other parts of `data.kubernetes`. What OPA lost, by a
 * restart, is written again. Keeps no process alive.
 */
export class OpaDataWriter {
  readonly #client: OpaClient;
  readonly #data: ExternalData;
  readonly #timeout: number;
  readonly #recheck: number;
  readonly #unsubscribe: () => void;
  #written = new Map<string, JsonValue>();
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor({ data, recheck = 1000, timeout = 5000, ...opa }: OpaDataWriterOptions) {
    this.#client = new OpaClient({ ...opa, connections: 1, maxAnswerBytes: 64 * 1024 });
    this.#data = data;
    this.#timeout = timeout;
    this.#recheck = recheck;
    this.#unsubscribe = data.onChange(() => this.#hurry());
    this.#hurry();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#unsubscribe();
    await this.#client.close();
    await this.#work;
  }

  #hurry(): void {
    if (this.#closed) return;
    if (this.#work !== undefined) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#work = this.#write().finally(() => {
      this.#work = undefined;
      if (this.#closed) return;
      if (this.#again) this.#hurry();
      else this.#timer = setTimeout(() => this.#hurry(), this.#recheck).unref();
    });
  }

  async #write(): Promise<void> {
    this.#again = false;
    try {
      const snapshot = this.#data.snapshot();
      const members = membersOf(snapshot.data);
      if (!(await this.#stillHas(members.at(-1)?.[0] ?? ''))) this.#written = new Map();
      for (const [path, value] of members) {
        if (this.#written.get(path) === value) continue;
        await this.#put(path, value);
        this.#written.set(path, value);
      }
      this.#data.applied(snapshot);
    } catch (error) {
      this.#written = new Map();
      if (!this.#closed) this.#data.refused(error);
    }
  }

  /** Looks at what is written last, which is small and says how old the rest is. */
  async #stillHas(path: string): Promise<boolean> {
    const written = this.#written.get(path);
    if (written === undefined) return false;
    const { body, status } = await this.#ask((listener) => this.#client.readData(path, listener));
    if (status !== 200) throw new Error(`OPA answered ${status} to GET /v1/data/${path}`);
    const { result } = JSON.parse(body.toString('utf8')) as { result?: unknown };
    return isDeepStrictEqual(result, JSON.parse(encodeJson(written)));
  }

  async #put(path: string, value: JsonValue): Promise<void> {
    const body = Buffer.from(encodeJson(value));
    const { status } = await this.#ask((listener) => this.#client.writeData(path, body, listener));
    if (status === 204 || status === 200) return;
    throw new Error(`OPA answered ${status} to PUT /v1/data/${path}${hints[status] ?? ''}`);
  }

  #ask(send: (listener: Parameters<OpaClient['health']>[0]) => ReturnType<OpaClient['health']>): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        exchange.abandon(new Error('it took too long'));
        reject(new Error(`OPA did not answer within ${this.#timeout} ms`));
      }, this.#timeout).unref();
      const exchange = send({
        answered: (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        failed: ({ error }) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }
}

const hints: Readonly<Record<number, string>> = {
  400: ': a bundle owns that part of the data; give its manifest roots',
  401: ': engine.opa.token is missing or not accepted',
  403: ': its authorization does not let us write there',
  404: ': its authorization does not let us write there',
};

/** `kubernetes/deployments`, …; what says how old they are comes last, so that it never speaks of what is not there. */
function membersOf(data: JsonObject): [string, JsonValue][] {
  return Object.entries(data).flatMap(([name, document]) =>
    Object.entries(document as JsonObject).map(([member, value]): [string, JsonValue] => [
      `${name}/${member}`,
      value as JsonValue,
    ]),
  );
}
