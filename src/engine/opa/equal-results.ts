import { encodeJson } from '../../json/encode.js';
import type { Evaluation } from '../engine.js';

/** How many results are remembered, and how long the text of one may be. */
const most = 256;
const longest = 2048;

/**
 * Gives one object for equal results of one revision, so that what was made of the first is made only once: its verdict
 * and the encoded answer. Equal texts stand for equal values, numbers included, which keep the text they came in.
 */
export class EqualResults {
  readonly #known = new Map<string, Evaluation>();

  /** The evaluation, or an equal one from before. */
  of(evaluation: Evaluation): Evaluation {
    if (evaluation.kind !== 'result') return evaluation;
    const text = encodeJson(evaluation.result);
    if (text.length > longest) return evaluation;
    // JSON text as it is encoded here has no line ends, so nothing in a result can pass for a revision.
    const key = `${text}\n${evaluation.revision ?? ''}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#remember(key, evaluation);
    return evaluation;
  }

  #remember(key: string, evaluation: Evaluation): void {
    if (this.#known.size >= most) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    this.#known.set(key, evaluation);
  }
}
