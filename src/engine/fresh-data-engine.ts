import type { Engine, Evaluation, Query } from './engine.js';
import { failed } from './failed.js';

/** What the policies of the engine see, and since when. */
export interface DataAge {
  /** When the oldest of what they see was true, in milliseconds since 1970; undefined before they see all of it. */
  observedAt(): number | undefined;
  /** Called once, when they see all of it for the first time. */
  onComplete(listener: () => void): () => void;
}

export interface FreshDataOptions {
  readonly age: DataAge;
  /** Milliseconds beyond which nothing is decided any more; undefined where the policy looks at the age itself. */
  readonly maxStaleness: number | undefined;
  readonly now?: () => number;
}

/**
 * Decides nothing without the data that the policy counts on: a rule with `not` would take what is missing for what is
 * not there. Old data is a failure and no reason to be unready, or an outage of the API server would take all of us out
 * of service at once, also for policies that can live with it.
 */
export function withFreshData(engine: Engine, { age, maxStaleness, now = Date.now }: FreshDataOptions): Engine {
  const complete = () => age.observedAt() !== undefined;
  return {
    get kind() {
      return engine.kind;
    },
    evaluate: (query: Query): Evaluation | Promise<Evaluation> => {
      const observedAt = age.observedAt();
      if (observedAt === undefined) return failed('data_stale', 'watched data has not been read yet');
      const old = now() - observedAt;
      if (maxStaleness === undefined || old <= maxStaleness) return engine.evaluate(query);
      return failed('data_stale', `watched data was last confirmed ${Math.round(old)} ms ago`);
    },
    revision: () => engine.revision(),
    ready: () => complete() && engine.ready(),
    onReadyChange: (listener) => {
      const ends = [
        engine.onReadyChange((ready) => listener(ready && complete())),
        age.onComplete(() => listener(engine.ready())),
      ];
      return () => {
        for (const end of ends) end();
      };
    },
    close: () => engine.close(),
  };
}
