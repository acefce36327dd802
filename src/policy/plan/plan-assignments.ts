import type { PlanBlock } from './plan.js';

/**
 * Locals whose value may be compared with another one on assignment: `AssignVarOnceStmt` on a local that already
 * has a value is a conflict unless both are equal, so it reads them. That cannot happen to a local that is assigned
 * in one place, outside any loop, or elsewhere only where it is known to be without a value (`else`, `default`).
 */
export function comparedTargets(blocks: readonly PlanBlock[]): ReadonlySet<unknown> {
  const assignments: Assignment[] = [];
  collect(blocks, false, assignments);
  const compared = new Set<unknown>();
  const seen = new Set<unknown>();
  for (const { guarded, looped, target } of assignments) {
    if (looped || (seen.has(target) && !guarded)) compared.add(target);
    seen.add(target);
  }
  return compared;
}

interface Assignment {
  readonly target: unknown;
  /** It is reached only while the target has no value. */
  readonly guarded: boolean;
  readonly looped: boolean;
}

function collect(blocks: readonly PlanBlock[], looped: boolean, into: Assignment[]): void {
  for (const { stmts } of blocks) {
    const undefinedHere = new Set<unknown>();
    for (const { blocks: inner, fields, type } of stmts) {
      const { source, target } = fields;
      if (type === 'IsUndefinedStmt') undefinedHere.add(source);
      if (type === 'AssignVarOnceStmt') into.push({ target, looped, guarded: undefinedHere.has(target) });
      collect(inner, looped || type === 'ScanStmt', into);
    }
  }
}
