import { Client, type Dispatcher, Pool } from 'undici';
import { batchBody } from './batch-query.js';
import { type ExchangeListener, HttpExchange, type HttpRequest } from './http-exchange.js';
import { type OpaAddress, opaAddress } from './opa-address.js';

export interface OpaClientOptions {
  /** `http://host:port`, `https://host:port` or `unix:///path`. */
  readonly url: string;
  /** Bearer token, or where to get the present one. */
  readonly token?: string | (() => string | undefined) | undefined;
  readonly tls?: OpaTls | undefined;
  readonly connections: number;
  /** Longest answer that is read, in bytes. */
  readonly maxAnswerBytes: number;
}

/** PEM texts. */
export interface OpaTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** A connection attempt that takes longer than this fails, so that a later one can succeed. */
const connectTimeoutMs = 1000;
const keepAliveMs = 30_000;

/** HTTP to one OPA: pooled connections for evaluations, one of its own for health. */
export class OpaClient {
  readonly #options: OpaClientOptions;
  readonly #address: OpaAddress;
  readonly #pool: Pool;
  readonly #health: Client;
  readonly #fresh = new Set<Client>();

  constructor(options: OpaClientOptions) {
    this.#options = options;
    this.#address = opaAddress(options.url);
    // One request per connection at a time: a slow evaluation must not hold up those behind it.
    const settings = { ...this.#settings(), keepAliveTimeout: keepAliveMs };
    this.#pool = new Pool(this.#address.origin, { ...settings, connections: options.connections });
    // Its own connection, so that a pool full of slow evaluations does not look like an OPA that is down.
    this.#health = new Client(this.#address.origin, settings);
  }

  evaluate(path: string, input: string | Uint8Array, listener: ExchangeListener): HttpExchange {
    return this.#exchange(this.#pool, this.#evaluation(path, input), listener);
  }

  /** The same on a connection made for it, which the server cannot have closed in the meantime. */
  evaluateFresh(path: string, input: string | Uint8Array, listener: ExchangeListener): HttpExchange {
    const client = new Client(this.#address.origin, this.#settings());
    this.#fresh.add(client);
    const discard = (): void => {
      this.#fresh.delete(client);
      client.destroy().catch(() => undefined);
    };
    client.once('disconnect', discard).once('connectionError', discard);
    const request = this.#evaluation(path, input);
    return this.#exchange(client, { ...request, headers: { ...request.headers, connection: 'close' } }, listener);
  }

  /**
   * Several inputs at once, by a query that maps the rule over them. An evaluation on its own goes to the data API,
   * which takes one input and prepares its query only once.
   */
  evaluateBatch(path: string, inputs: readonly (string | Uint8Array)[], listener: ExchangeListener): HttpExchange {
    const request: HttpRequest = {
      method: 'POST',
      path: `${this.#address.prefix}/v1/query`,
      headers: { 'content-type': 'application/json', ...this.#authorization() },
      body: batchBody(path, inputs),
    };
    return this.#exchange(this.#pool, request, listener);
  }

  health(listener: ExchangeListener): HttpExchange {
    const path = `${this.#address.prefix}/health?bundles`;
    return this.#exchange(this.#health, { method: 'GET', path, headers: this.#authorization() }, listener);
  }

  writeData(path: string, value: Buffer<ArrayBuffer>, listener: ExchangeListener): HttpExchange {
    const headers = { 'content-type': 'application/json', ...this.#authorization() };
    return this.#exchange(this.#pool, { method: 'PUT', path: this.#dataPath(path), headers, body: value }, listener);
  }

  readData(path: string, listener: ExchangeListener): HttpExchange {
    const request: HttpRequest = { method: 'GET', path: this.#dataPath(path), headers: this.#authorization() };
    return this.#exchange(this.#pool, request, listener);
  }

  async close(): Promise<void> {
    const all = [this.#pool, this.#health, ...this.#fresh];
    await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
  }

  #exchange(dispatcher: Dispatcher, request: HttpRequest, listener: ExchangeListener): HttpExchange {
    return new HttpExchange(dispatcher, request, this.#options.maxAnswerBytes, listener);
  }

  #evaluation(path: string, input: string | Uint8Array): HttpRequest {
    return {
      method: 'POST',
      path: `${this.#dataPath(path)}?provenance=true`,
      headers: { 'content-type': 'application/json', ...this.#authorization() },
      body: typeof input === 'string' ? Buffer.from(`{"input":${input}}`) : Buffer.concat([bodyStart, input, bodyEnd]),
    };
  }

  #dataPath(path: string): string {
    return `${this.#address.prefix}/v1/data/${path.split('/').map(encodeURIComponent).join('/')}`;
  }

  #authorization(): Record<string, string> {
    const { token } = this.#options;
    const present = typeof token === 'function' ? token() : token;
    return present === undefined ? {} : { authorization: `Bearer ${present}` };
  }

  #settings(): Client.Options {
    const { ca, cert, key } = this.#options.tls ?? {};
    const { socketPath } = this.#address;
    return {
      pipelining: 1,
      // The client's own timers are exact to half a second only; the deadline of each evaluation rules instead.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: 16 * 1024,
      connect: {
        timeout: connectTimeoutMs,
        ...(socketPath !== undefined && { socketPath }),
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
      },
    };
  }
}

const bodyStart = Buffer.from('{"input":');
const bodyEnd = Buffer.from('}');
