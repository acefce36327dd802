import type { Bundle } from '../bundle/bundle.js';
import { parsePlan } from './parse-plan.js';
import { pairHash, rulesHash } from './plan-of-module.js';
import { type ReadSet, readSetOf } from './read-set.js';

/** What is known of one revision of a policy without evaluating it. */
export interface PolicyReads {
  readonly revision: string | undefined;
  /** Whoever built the bundle says in it that the plan is that of this very module. */
  readonly fitsModule: boolean;
  /** The same of the plan and the Rego in the bundle, which an OPA server evaluates. */
  readonly fitsRules: boolean;
  /** By decision path. A path that is absent may depend on anything. */
  readonly readSets: ReadonlyMap<string, ReadSet>;
  /** Why a path is absent. */
  readonly gaps: ReadonlyMap<string, string>;
}

/**
 * What the rules behind these decision paths read, by the plan in the bundle. It must have been made of the same
 * sources as what is evaluated; nothing in a plan tells.
 */
export function policyReads(bundle: Bundle, paths: readonly string[]): PolicyReads {
  const { manifest, plan } = bundle;
  const readSets = new Map<string, ReadSet>();
  const gaps = new Map<string, string>();
  const parsed = plan === undefined ? undefined : parsePlan(plan);
  for (const path of paths) {
    if (parsed === undefined) gaps.set(path, 'the bundle has no plan.json');
    else if (!parsed.ok) gaps.set(path, parsed.error);
    else {
      const readSet = readSetOf(parsed.value, path);
      if (readSet.ok) readSets.set(path, readSet.value);
      else gaps.set(path, readSet.error);
    }
  }
  return { revision: manifest.revision, fitsModule: fitsModule(bundle), fitsRules: fitsRules(bundle), readSets, gaps };
}

function fitsRules({ manifest, plan, sources }: Bundle): boolean {
  return plan !== undefined && manifest.plannedFrom === rulesHash(sources, plan);
}

function fitsModule({ manifest, plan, wasm }: Bundle): boolean {
  return wasm !== undefined && plan !== undefined && manifest.compiledTogether === pairHash(wasm, plan);
}
