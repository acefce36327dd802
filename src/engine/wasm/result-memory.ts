import type { JsonValue } from '../../json/json.js';
import type { Evaluation } from '../engine.js';
import { readResult } from './read-result.js';

/** How many results are remembered, and how long the text of one may be. */
const most = 256;
const longest = 2048;

/**
 * Reads what the module writes. Most policies have few different results, and equal texts stand for equal values, so
 * those read last are remembered: they are not read again, nor is all that is made of them.
 */
export class ResultMemory {
  readonly #revision: string | undefined;
  readonly #known = new Map<string, Evaluation>();

  readonly #most: number;

  /** @param enabled without it, each result is read anew and is an object of its own, so that nothing is kept with it */
  constructor(revision: string | undefined, enabled = true) {
    this.#revision = revision;
    this.#most = enabled ? most : 0;
  }

  /** Throws on what is no result set. */
  read(text: string): Evaluation {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const evaluation = this.#evaluation(readResult(text));
    if (this.#most > 0 && text.length <= longest) this.#remember(text, evaluation);
    return evaluation;
  }

  #evaluation(result: JsonValue | undefined): Evaluation {
    if (result === undefined) return { kind: 'undefined', revision: this.#revision };
    return { kind: 'result', result, revision: this.#revision };
  }

  #remember(text: string, evaluation: Evaluation): void {
    if (this.#known.size >= this.#most) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    this.#known.set(text, evaluation);
  }
}
