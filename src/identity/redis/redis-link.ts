import { setTimeout as pause } from 'node:timers/promises';
import { within } from '../within.js';
import { createRedisClient, type RedisClient, type RedisOptions, type RedisSecrets } from './redis-client.js';

/** Connections to Redis that mend themselves. */
export interface RedisLink {
  /** The hashes under these names; a name without one gives an empty hash. Rejects at once while Redis is away. */
  hashes(names: readonly string[]): Promise<readonly Readonly<Record<string, string>>[]>;
  /** Resolves when Redis was reached, or was not within a moment. */
  readonly started: Promise<void>;
  close(): Promise<void>;
}

export interface RedisNotes {
  /** The name of a key that was deleted for good. */
  readonly revoked: (name: string) => void;
  /** Messages may have been missed until now. */
  readonly missed: () => void;
}

/** Writers of sessions publish the names of deleted keys here. */
export const revocationChannel = 'portcullis:revoked';

/** How long starting waits for Redis: without it Portcullis serves those who have no session. */
const patienceAtStart = 1_000;
const closingGrace = 1_000;

export function openRedisLink(options: RedisOptions, secrets: RedisSecrets, notes: RedisNotes): RedisLink {
  const open = (): RedisClient => createRedisClient(options, secrets);
  // A cluster and Sentinels have connections of their own within one client.
  const count = options.mode === 'single' ? options.connections : 1;
  const askers = Array.from({ length: count }, () => new LastingClient(open, async () => {}));
  const listener = new LastingClient(
    open,
    (client) => client.subscribe(revocationChannel, notes.revoked),
    notes.missed,
  );
  const all = [...askers, listener];
  let turn = 0;

  return {
    async hashes(names) {
      turn = (turn + 1) % askers.length;
      const asker = askers[turn];
      const client = asker?.current();
      // Why is all that an operator with a wrong certificate has to go by.
      if (client === undefined) throw new Error('Redis has not been reached yet', { cause: asker?.trouble() });
      return Promise.all(names.map((name) => client.hGetAll(name)));
    },
    started: within(patienceAtStart, Promise.all(all.map(({ connected }) => connected))).then(
      () => {},
      () => {},
    ),
    close: async () => void (await Promise.all(all.map((client) => client.close()))),
  };
}

/** A client that is made anew until it connects. Once it has, it reconnects by itself. */
class LastingClient {
  readonly connected: Promise<void>;
  readonly #make: () => RedisClient;
  readonly #prepare: (client: RedisClient) => Promise<unknown>;
  readonly #troubled: () => void;
  readonly #closing = new AbortController();
  #client: RedisClient | undefined;
  #ready = false;
  #trouble: unknown;

  constructor(make: () => RedisClient, prepare: (client: RedisClient) => Promise<unknown>, troubled = () => {}) {
    this.#make = make;
    this.#prepare = prepare;
    this.#troubled = troubled;
    this.connected = this.#connect();
  }

  current(): RedisClient | undefined {
    return this.#ready ? this.#client : undefined;
  }

  /** Why it has not connected. */
  trouble(): unknown {
    return this.#trouble;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const client = this.#client;
    if (client === undefined) return;
    if (this.#ready) await within(closingGrace, client.close()).catch(() => {});
    discard(client);
  }

  async #connect(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const client = this.#make();
      this.#client = client;
      // Without a listener Node would end the process. Each command says itself that it failed.
      client.on('error', (error) => {
        this.#trouble = error;
        this.#troubled();
      });
      try {
        await client.connect();
        await this.#prepare(client);
        this.#ready = true;
        return;
      } catch (error) {
        this.#trouble = error;
        discard(client);
        await pause(250, undefined, { signal: this.#closing.signal, ref: false }).catch(() => {});
      }
    }
  }
}

function discard(client: RedisClient): void {
  try {
    client.destroy();
  } catch {
    // It was closed already.
  }
}
