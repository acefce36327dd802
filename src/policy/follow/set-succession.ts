import type { BundleEvent } from './bundle-follower.js';
import type { BundleState } from './bundle-state.js';
import { type Source, SourceSet, type SourceSetParts } from './source-set.js';

/** The set of sources that serves, and the one that takes its place as soon as all of its bundles are there. */
export class SetSuccession {
  readonly #parts: Omit<SourceSetParts, 'onServing'>;
  #serving: SourceSet | undefined;
  #candidate: SourceSet | undefined;
  readonly #closing = new Set<Promise<void>>();

  constructor(parts: Omit<SourceSetParts, 'onServing'>) {
    this.#parts = parts;
  }

  /**
   * Begins to fetch another set, in the place of the one that was proposed before. Must be called within a step of the
   * queue, so that the one before either serves already or never will.
   *
   * @param onServing called within the step in which it first serves
   */
  propose(sources: readonly Source[], onServing: () => void = () => undefined): void {
    const set: SourceSet = new SourceSet(sources, {
      ...this.#parts,
      onServing: () => {
        this.#succeed(set);
        onServing();
      },
      onEvent: (event) => this.#pass(set, event),
    });
    const former = this.#candidate;
    this.#candidate = set;
    if (former !== undefined) this.#end(former, [this.#serving, set]);
    // What is on the disk may be older than what serves: it is begun with where there is nothing.
    set.start({ fromDisk: this.#serving === undefined });
  }

  /** Leaves it at what serves. Must be called within a step of the queue. */
  keep(): void {
    const former = this.#candidate;
    this.#candidate = undefined;
    if (former !== undefined) this.#end(former, [this.#serving]);
  }

  /** Of the set that serves; before there is one, of the one that will. */
  states(): Readonly<Record<string, BundleState>> {
    return byName(this.#serving ?? this.#candidate);
  }

  /** Of the set that is to take the place of the one that serves. */
  pending(): Readonly<Record<string, BundleState>> | undefined {
    if (this.#serving === undefined || this.#candidate === undefined) return undefined;
    return byName(this.#candidate);
  }

  /** Looks at all sources at once. */
  hurry(): void {
    this.#serving?.hurry();
    this.#candidate?.hurry();
  }

  async close(): Promise<void> {
    await Promise.all([this.#serving?.close(), this.#candidate?.close(), ...this.#closing]);
  }

  #succeed(set: SourceSet): void {
    const former = this.#serving;
    this.#serving = set;
    this.#candidate = undefined;
    if (former === undefined) return;
    const before = byName(former);
    this.#end(former, [set]);
    for (const state of set.states()) {
      const known = before[state.name];
      if (known !== undefined && known.stale !== state.stale)
        this.#parts.onEvent({ kind: state.stale ? 'stale' : 'fresh', state });
    }
  }

  /** Two sets may have a source of one name; whether it is stale is said of the one that serves. */
  #pass(set: SourceSet, event: BundleEvent): void {
    const isOfOther = set !== this.#serving && byName(this.#serving)[event.state.name] !== undefined;
    if (isOfOther && (event.kind === 'stale' || event.kind === 'fresh')) return;
    this.#parts.onEvent(event);
  }

  /** It is closed outside of the queue, in which its followers may still wait for their step. */
  #end(set: SourceSet, remaining: readonly (SourceSet | undefined)[]): void {
    set.retire();
    const names = new Set(remaining.flatMap((one) => Object.keys(byName(one))));
    const gone = set.states().filter(({ name }) => !names.has(name));
    for (const state of gone) this.#parts.onEvent({ kind: 'retired', state });
    const closed = set.close().then(() => set.forget(gone.map(({ name }) => name)));
    this.#closing.add(closed);
    void closed.finally(() => this.#closing.delete(closed));
  }
}

function byName(set: SourceSet | undefined): Readonly<Record<string, BundleState>> {
  return Object.fromEntries(set?.states().map((state) => [state.name, state]) ?? []);
}
