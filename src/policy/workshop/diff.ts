import type { JsonObject, JsonValue } from '../../json/json.js';
import { canonicalJson } from '../bundle/canonical-json.js';
import { isRecord } from '../bundle/merge-data.js';
import type { RegoModule } from './rego-modules.js';

/** What is in the second of two bundles and not in the first, the other way round, or in both and different. */
export interface Change {
  readonly kind: 'added' | 'removed' | 'changed';
  /** Such as `data.carstore.authz.allow`. */
  readonly name: string;
  /** Where it is now, or was: `carstore/authz.rego:12`. Only of a rule. */
  readonly place: string | undefined;
}

/** Rules whose syntax differs; moving a rule or rewriting a comment changes nothing. */
export function compareRules(before: readonly RegoModule[], after: readonly RegoModule[]): readonly Change[] {
  const [old, current] = [rulesByName(before), rulesByName(after)];
  const names = [...new Set([...old.keys(), ...current.keys()])].sort();
  return names.flatMap((name): readonly Change[] => {
    const [was, is] = [old.get(name), current.get(name)];
    if (was === undefined) return [{ kind: 'added', name, place: is?.place }];
    if (is === undefined) return [{ kind: 'removed', name, place: was.place }];
    return was.digest === is.digest ? [] : [{ kind: 'changed', name, place: is.place }];
  });
}

/** The places at which two data documents differ; of an object only the members that do, of an array the whole. */
export function compareData(before: JsonObject, after: JsonObject, above = 'data'): readonly Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name): readonly Change[] => {
    const [was, is] = [before[name], after[name]];
    const place = `${above}.${name}`;
    if (was === undefined) return [{ kind: 'added', name: place, place: undefined }];
    if (is === undefined) return [{ kind: 'removed', name: place, place: undefined }];
    if (isRecord(was) && isRecord(is)) return compareData(was, is, place);
    return sameJson(was, is) ? [] : [{ kind: 'changed', name: place, place: undefined }];
  });
}

/** Whether two values are the same; the order of an object's members does not count. */
export function sameJson(left: JsonValue, right: JsonValue): boolean {
  return canonicalJson(left) === canonicalJson(right);
}

interface Definition {
  readonly digest: string;
  readonly place: string;
}

/** All bodies of a rule together, in the order that they have: it matters to `else` only, and costs nothing. */
function rulesByName(modules: readonly RegoModule[]): ReadonlyMap<string, Definition> {
  const found = new Map<string, Definition>();
  for (const { file, package: path, rules } of modules) {
    for (const { digest, line, name } of rules) {
      const full = ['data', ...path, name].join('.');
      const earlier = found.get(full);
      found.set(full, {
        digest: `${earlier?.digest ?? ''} ${digest}`,
        place: earlier?.place ?? `${file}:${line}`,
      });
    }
  }
  return found;
}
