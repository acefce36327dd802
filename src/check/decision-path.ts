import type { Config } from '../config/schema.js';
import type { Attributes } from '../envoy/attributes.js';

/** A rule that may be asked, and the input it expects. */
export type DecisionPath = Config['engine']['paths'][number];

/** The rules that may be asked, by path. */
export interface DecisionPaths {
  readonly default: DecisionPath;
  readonly byPath: ReadonlyMap<string, DecisionPath>;
}

/** Set by an Envoy route; a client has no way to set it. */
const chooser = 'portcullis.path';

export function decisionPaths(paths: readonly DecisionPath[]): DecisionPaths {
  const [first] = paths;
  if (first === undefined) throw new TypeError('no decision path');
  return { default: first, byPath: new Map(paths.map((path) => [path.path, path])) };
}

/** The rule that Envoy's route asks for, else the default; undefined when it asks for one that is not configured. */
export function chooseDecisionPath(attributes: Attributes | undefined, paths: DecisionPaths): DecisionPath | undefined {
  const chosen = attributes?.contextExtensions?.[chooser];
  return chosen === undefined ? paths.default : paths.byPath.get(chosen);
}
