import type { JsonObject } from '../../json/json.js';
import { isRecord } from './merge-data.js';

/** The path of the first value that no root of the manifest covers; OPA refuses such a bundle too. */
export function outsideRoots(data: JsonObject, roots: readonly string[]): readonly string[] | undefined {
  return firstOutside(
    data,
    roots.map((root) => root.split('/').filter((segment) => segment !== '')),
    [],
  );
}

function firstOutside(
  data: JsonObject,
  roots: readonly (readonly string[])[],
  place: readonly string[],
): readonly string[] | undefined {
  if (roots.some((root) => root.length <= place.length)) return undefined;
  for (const [name, value] of Object.entries(data)) {
    const matching = roots.filter((root) => root[place.length] === name);
    const inner = [...place, name];
    const covered = matching.some((root) => root.length === inner.length);
    if (covered) continue;
    if (matching.length === 0 || !isRecord(value)) return inner;
    const stray = firstOutside(value, matching, inner);
    if (stray !== undefined) return stray;
  }
  return undefined;
}
