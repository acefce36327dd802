/**
 * OPA's plan of a policy (`opa build -t plan`, https://www.openpolicyagent.org/docs/ir), as far as it is
 * needed to follow the input through it. Values live in numbered locals; 0 is the input, 1 is `data`.
 */
export interface Plan {
  readonly strings: readonly string[];
  /** What is evaluated for a decision path. */
  readonly entrypoints: ReadonlyMap<string, readonly PlanBlock[]>;
  /** Rules and functions by name. */
  readonly functions: ReadonlyMap<string, PlanFunction>;
}

export interface PlanFunction {
  readonly name: string;
  readonly params: readonly number[];
  readonly blocks: readonly PlanBlock[];
  /** Where it stands: a first segment of the planner's own, then the path below `data`. Empty for some helpers. */
  readonly path: readonly string[];
}

export interface PlanBlock {
  readonly stmts: readonly PlanStatement[];
}

export interface PlanStatement {
  readonly type: string;
  /** By the kind of statement; read where it is needed, so that a kind that OPA adds later is no error here. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The blocks inside it. */
  readonly blocks: readonly PlanBlock[];
}
