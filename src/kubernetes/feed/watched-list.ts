import type { KeptObject, OpenInformer } from './informer.js';
import { projection } from './projection.js';
import type { WatchSpec } from './watch-spec.js';

export interface WatchedListOptions {
  readonly open: OpenInformer;
  /** Milliseconds without a sign of the API server after which the list is read again. */
  readonly refresh: number;
  readonly onChange: () => void;
  readonly onFailure: (spec: WatchSpec, reason: string) => void;
}

/** Milliseconds before the second try; each further one doubles them, up to `refresh` or a minute. */
const firstDelay = 250;
const longestDelay = 60_000;

/** The objects of one watched list. What was seen stays when the API server is gone, and grows old. */
export class WatchedList {
  readonly spec: WatchSpec;
  readonly #options: WatchedListOptions;
  #objects: () => readonly KeptObject[] = () => [];
  #version = 0;
  #observedAt: number | undefined;
  #end: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;

  constructor(spec: WatchSpec, options: WatchedListOptions) {
    this.spec = spec;
    this.#options = options;
    this.#begin();
  }

  objects(): readonly KeptObject[] {
    return this.#objects();
  }

  /** Another number after each change of the objects. */
  version(): number {
    return this.#version;
  }

  /** When the API server had these objects, in milliseconds since 1970; undefined before the first list. */
  observedAt(): number | undefined {
    return this.#observedAt;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#end();
  }

  #begin(): void {
    if (this.#closed) return;
    const { open, refresh } = this.#options;
    const isSecret = this.spec.group === '' && this.spec.resource === 'secrets';
    // A connection that is dead and not closed says nothing, and so does one on which nothing happens.
    this.#after(refresh, () => this.#again());
    this.#end = open(this.spec, projection(this.spec.keep, isSecret), {
      changed: (objects, time) => {
        this.#objects = objects;
        this.#version += 1;
        this.#seen(time);
      },
      unchanged: (time) => this.#seen(time),
      failed: (reason) => {
        this.#options.onFailure(this.spec, reason);
        const delay = Math.min(firstDelay * 2 ** this.#failures, longestDelay);
        this.#failures = Math.min(this.#failures + 1, 16);
        this.#after(Math.min(delay, refresh) * (0.75 + Math.random() / 2), () => this.#begin());
      },
    });
  }

  #seen(time: number): void {
    this.#failures = 0;
    this.#observedAt = Math.max(this.#observedAt ?? 0, time);
    this.#after(this.#options.refresh, () => this.#again());
    this.#options.onChange();
  }

  #again(): void {
    this.#end();
    this.#begin();
  }

  #after(milliseconds: number, action: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(action, milliseconds).unref();
  }
}
