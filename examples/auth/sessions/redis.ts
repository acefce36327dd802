import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from '@redis/client';
import type { Config } from '../config/schema.js';
import { readTlsFiles, type TlsTexts } from '../config/tls-files.js';
import { StoreUnavailable } from '../store-unavailable.js';

function newClient(settings: Config['redis'], tls: TlsTexts) {
  const { password_file: passwordFile, timeout } = settings;
  const url = new URL(settings.url);
  return createClient({
    socket: {
      host: url.hostname,
      port: Number(url.port || 6379),
      ...(url.protocol === 'rediss:' && { tls: true as const, ...tls }),
      connectTimeout: timeout,
      reconnectStrategy: (retries: number) => Math.min(50 * 2 ** retries, 1000),
    },
    database: Number(url.pathname.slice(1) || 0),
    ...(passwordFile !== undefined && {
      credentialsProvider: {
        type: 'async-credentials-provider' as const,
        // Read for each connection, so that the password can be rotated.
        credentials: async () => ({
          username: decodeURIComponent(url.username || 'default'),
          password: (await readFile(passwordFile, 'utf8')).trimEnd(),
        }),
      },
    }),
    // A request is answered now or refused; a login must not be written when its client has long gone.
    disableOfflineQueue: true,
  });
}

export type RedisClient = ReturnType<typeof newClient>;

/**
 * Redis with a deadline. Whatever goes wrong is {@link StoreUnavailable}: there is no failure of Redis after which it
 * would be right to go on.
 */
export class Redis {
  readonly #settings: Config['redis'];
  readonly #tls: TlsTexts;
  readonly #onError: (error: Error) => void;
  #client: RedisClient;
  #closed = false;

  private constructor(settings: Config['redis'], tls: TlsTexts, onError: (error: Error) => void) {
    this.#settings = settings;
    this.#tls = tls;
    this.#onError = onError;
    this.#client = this.#connect();
  }

  /** Connects in the background, and again whenever the connection is lost. */
  static async open(settings: Config['redis'], onError: (error: Error) => void): Promise<Redis> {
    return new Redis(settings, await readTlsFiles(settings), onError);
  }

  /** @throws StoreUnavailable */
  async run<Value>(work: (client: RedisClient) => Promise<Value>): Promise<Value> {
    const client = this.#client;
    const timer = new AbortController();
    const late = wait(this.#settings.timeout, undefined, { signal: timer.signal }).then(() => {
      this.#replace(client);
      throw new Error(`Redis did not answer within ${this.#settings.timeout} ms`);
    });
    try {
      return await Promise.race([work(client), late]);
    } catch (error) {
      throw new StoreUnavailable('session_store', error);
    } finally {
      timer.abort();
      late.catch(() => {});
    }
  }

  /** Resolves as soon as there is a connection. @throws StoreUnavailable */
  ready(): Promise<void> {
    return this.run(async (client) => {
      if (!client.isReady) await once(client, 'ready');
    });
  }

  /** Lets what was asked end, for as long as any answer may take. */
  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    const late = setTimeout(() => client.destroy(), this.#settings.timeout);
    if (client.isReady) await client.close().catch(() => {});
    else client.destroy();
    clearTimeout(late);
  }

  /** A connection that gave no answer may be dead without having been closed: waiting for TCP takes minutes. */
  #replace(client: RedisClient): void {
    if (this.#client !== client || this.#closed) return;
    this.#client = this.#connect();
    client.destroy();
  }

  #connect(): RedisClient {
    const client = newClient(this.#settings, this.#tls);
    const onError = (error: Error) => {
      if (!this.#closed) this.#onError(error);
    };
    client.on('error', onError);
    client.connect().catch(onError);
    return client;
  }
}
