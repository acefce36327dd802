import { type Profiler, Session } from 'node:inspector';

/**
 * Which code has run, by V8's own counters: exact to the block, and without any change of the code.
 */
export class Coverage {
  readonly #session = new Session();
  readonly #isWatched: (url: string) => boolean;
  /** By script and function: which of its characters have run. */
  readonly #covered = new Map<string, Uint8Array>();

  constructor(isWatched: (url: string) => boolean) {
    this.#isWatched = isWatched;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Whether code has run since the last call that had not run before {@link add} was last called. */
  isNew(): boolean {
    return this.#watched().some(([key, ran]) => !isPart(ran, this.#covered.get(key)));
  }

  /** As {@link isNew}, but what has run counts as known from now on. */
  add(): boolean {
    let isNew = false;
    for (const [key, ran] of this.#watched()) {
      const known = this.#covered.get(key);
      if (isPart(ran, known)) continue;
      isNew = true;
      this.#covered.set(key, known === undefined ? ran : known.map((covered, at) => covered | (ran[at] ?? 0)));
    }
    return isNew;
  }

  /** Characters of code that have run. */
  size(): number {
    let size = 0;
    for (const map of this.#covered.values()) for (const covered of map) size += covered;
    return size;
  }

  close(): void {
    this.#session.disconnect();
  }

  #watched(): (readonly [key: string, ran: Uint8Array])[] {
    const scripts = this.#take().filter(({ url }) => this.#isWatched(url));
    return scripts.flatMap(({ functions, scriptId }) => functions.flatMap((each) => ranIn(scriptId, each)));
  }

  /** Forgets the counts. The answer comes before `post` ends. */
  #take(): readonly Profiler.ScriptCoverage[] {
    let taken: readonly Profiler.ScriptCoverage[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw error;
      taken = answer.result;
    });
    return taken;
  }
}

/** Ranges are nested: an inner one says more exactly what the outer one said of its part. */
function ranIn(script: string, { ranges }: Profiler.FunctionCoverage): (readonly [string, Uint8Array])[] {
  const [outer] = ranges;
  if (outer === undefined || outer.count === 0) return [];
  const ran = new Uint8Array(outer.endOffset - outer.startOffset);
  for (const { count, endOffset, startOffset } of ranges) {
    ran.fill(count > 0 ? 1 : 0, startOffset - outer.startOffset, endOffset - outer.startOffset);
  }
  return [[`${script}:${outer.startOffset}:${outer.endOffset}`, ran]];
}

function isPart(ran: Uint8Array, known: Uint8Array | undefined): boolean {
  return known !== undefined && ran.every((each, at) => each === 0 || known[at] === 1);
}
