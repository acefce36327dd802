import { type BatchEnd, type BatchQuestion, OpaBatch } from './opa-batch.js';
import type { OpaClient } from './opa-client.js';
import { OpaQuery } from './opa-query.js';
import type { PendingQuery } from './pending-query.js';
import { type Projection, type ProjectionOf, sentText } from './projection.js';

export interface BatchOptions {
  /** Queries in one request at most; with 1 each goes on its own. */
  readonly maxSize: number;
  /** Requests under way before further queries queue up. */
  readonly inFlight: number;
  /**
   * Whether a batch of this rule answers as single queries do. It does not for a policy that draws random numbers:
   * OPA draws them once for each request. Asked with the revision that answered last.
   */
  readonly mayBatch: (path: string, revision: string | undefined) => boolean;
  /** Milliseconds that a query waits for a request under way to end before it goes all the same. */
  readonly patience?: number;
  /** OPA does not let us ask in batches; told once. */
  readonly onRefused?: (reason: string) => void;
}

const defaultPatience = 10;
/** An input longer than this goes on its own, and so do what would make a batch longer. */
const maxBatchBytes = 1024 * 1024;
/** Milliseconds without batches after one that came to nothing: the first time, at most, and when OPA refuses them. */
const pauses = { first: 100, longest: 10_000, refused: 60_000 } as const;

/**
 * Sends queries to OPA, several in one request when they come faster than OPA answers. The first goes at once; what
 * comes while `inFlight` requests are under way makes up the next batch.
 */
export class OpaBatcher {
  readonly #client: OpaClient;
  readonly #options: BatchOptions;
  readonly #revision: () => string | undefined;
  readonly #projectionOf: ProjectionOf;
  readonly #queues = new Map<string, PendingQuery[]>();
  #underWay = 0;
  #timer: NodeJS.Timeout | undefined;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #pause = 0;
  #refusalTold = false;

  /** @param revision the revision that answered last */
  constructor(
    client: OpaClient,
    options: BatchOptions,
    revision: () => string | undefined,
    projectionOf: ProjectionOf,
  ) {
    this.#client = client;
    this.#options = options;
    this.#revision = revision;
    this.#projectionOf = projectionOf;
  }

  ask(pending: PendingQuery): void {
    const { path } = pending.query;
    const single = this.#underWay < this.#options.inFlight && this.#queues.size === 0;
    if (single || !this.#mayBatch(path)) {
      this.#single(pending);
      return;
    }
    const queue = this.#queues.get(path);
    if (queue === undefined) this.#queues.set(path, [pending]);
    else queue.push(pending);
    this.#bePatient();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queues.clear();
  }

  #mayBatch(path: string): boolean {
    const { maxSize, mayBatch } = this.#options;
    return maxSize > 1 && performance.now() >= this.#pausedUntil && mayBatch(path, this.#revision());
  }

  #single(pending: PendingQuery): void {
    this.#start(pending, this.#projection(pending.query.path));
  }

  #start(pending: PendingQuery, projection: Projection | undefined): void {
    this.#underWay += 1;
    new OpaQuery(this.#client, pending, projection, () => this.#ended());
  }

  #projection(path: string): Projection | undefined {
    return this.#projectionOf(path, this.#revision());
  }

  #ended(): void {
    this.#underWay -= 1;
    while (this.#queues.size > 0 && this.#underWay < this.#options.inFlight) this.#dispatch();
  }

  #bePatient(): void {
    const { patience = defaultPatience } = this.#options;
    this.#timer ??= setTimeout(() => this.#outOfPatience(), patience);
  }

  #outOfPatience(): void {
    this.#timer = undefined;
    if (this.#queues.size === 0) return;
    this.#dispatch();
    if (this.#queues.size > 0) this.#bePatient();
  }

  /** Sends the next batch; the rules take turns. */
  #dispatch(): void {
    const [next] = this.#queues;
    if (next === undefined) return;
    const [path, queue] = next;
    const question = take(path, queue, this.#options.maxSize, this.#projection(path));
    const { projection, queries } = question;
    this.#queues.delete(path);
    if (queue.length > 0) this.#queues.set(path, queue);
    if (queries.length > 1 && this.#mayBatch(path)) this.#send(question);
    else for (const pending of queries) this.#start(pending, projection);
  }

  #send(question: BatchQuestion): void {
    this.#underWay += 1;
    new OpaBatch(this.#client, question, {
      accepts: (of, revision) => this.#options.mayBatch(of, revision),
      over: (end, left) => {
        this.#learn(end);
        // Whatever went wrong, with the whole input it is not for want of a part of it.
        for (const pending of left) this.#start(pending, undefined);
        this.#ended();
      },
    });
  }

  /**
   * One input on which the policy fails makes OPA fail the whole batch. A client that sends such inputs on purpose
   * must not cost each of its neighbours a second evaluation for ever, so batches cease for a while.
   */
  #learn(end: BatchEnd): void {
    if (end.kind === 'answered') this.#pause /= 2;
    if (end.kind !== 'useless') return;
    const refused = end.status !== undefined && ![200, 400, 500].includes(end.status);
    this.#pause = refused ? pauses.refused : Math.min(Math.max(this.#pause * 2, pauses.first), pauses.longest);
    this.#pausedUntil = performance.now() + this.#pause;
    if (!refused || this.#refusalTold) return;
    this.#refusalTold = true;
    this.#options.onRefused?.(end.reason);
  }
}

/**
 * Takes what is to be sent next out of a queue; those that have settled meanwhile are dropped. Inputs of which the policy
 * reads the same are sent once: all arrived before OPA is asked, and it would say the same of each.
 */
function take(path: string, queue: PendingQuery[], maxSize: number, projection: Projection | undefined): BatchQuestion {
  const queries: PendingQuery[] = [];
  const inputs: (string | Uint8Array)[] = [];
  const places: number[] = [];
  const known = new Map<string, number>();
  let bytes = 0;
  let seen = 0;
  for (const pending of queue) {
    if (inputs.length === maxSize) break;
    if (!pending.settled) {
      const text = sentText(pending.query.input, projection);
      const place = typeof text === 'string' ? known.get(text) : undefined;
      if (place === undefined) {
        bytes += text.length;
        if (queries.length > 0 && bytes > maxBatchBytes) break;
        if (typeof text === 'string') known.set(text, inputs.length);
        inputs.push(text);
      }
      places.push(place ?? inputs.length - 1);
      queries.push(pending);
    }
    seen += 1;
  }
  queue.splice(0, seen);
  return { path, queries, inputs, places, projection };
}
