import type { Figure } from './rounds.js';
import { ratios, type Spread, spread } from './statistics.js';
import type { Window } from './window.js';

/** What a figure is asked for. */
export type Measure = (window: Window) => number;

export const rate: Measure = (window) => window.rate;
export const cpuPerCheck: Measure = (window) => window.cpuPerCheck;

/** Figures by workload, shape and contender. */
export class Figures {
  readonly #figures: readonly Figure[];

  constructor(figures: readonly Figure[]) {
    this.#figures = figures;
  }

  /** The contenders that were measured so, in their order. */
  contenders(workload: string, shape: string): readonly string[] {
    return this.#figures
      .filter((figure) => figure.workload === workload && figure.shape === shape)
      .map(({ contender }) => contender);
  }

  get(workload: string, shape: string, contender: string): Figure | undefined {
    return this.#figures.find(
      (figure) => figure.workload === workload && figure.shape === shape && figure.contender === contender,
    );
  }

  of(workload: string, shape: string, contender: string, measure: Measure): Spread | undefined {
    const figure = this.get(workload, shape, contender);
    return figure && spread(figure.windows.map(measure));
  }

  /** A contender's figure divided by another's, round by round. */
  ratio(workload: string, shape: string, contender: string, other: string, measure: Measure): Spread | undefined {
    const figure = this.get(workload, shape, contender);
    const against = this.get(workload, shape, other);
    if (figure === undefined || against === undefined) return undefined;
    return spread(ratios(figure.windows.map(measure), against.windows.map(measure)));
  }

  all(): readonly Figure[] {
    return this.#figures;
  }
}
