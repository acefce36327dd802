import { fail, ok, type Result } from '../../errors/result.js';
import type { JsonObject, JsonValue } from '../../json/json.js';

/** `value` placed below the folder it lies in: `roles/admin/data.json` is `data.roles.admin`. */
export function placeBelow(folders: readonly string[], value: JsonValue): JsonValue {
  return folders.reduceRight<JsonValue>((inner, name) => record([[name, inner]]), value);
}

/** Both documents in one. Two values for one place are a conflict, as in OPA. */
export function mergeData(left: JsonObject, right: JsonObject, place = 'data'): Result<JsonObject> {
  const merged = record(Object.entries(left));
  for (const [name, added] of Object.entries(right)) {
    const present = merged[name];
    if (present === undefined || added === undefined) {
      merged[name] = added;
      continue;
    }
    const inner = `${place}.${name}`;
    if (!isRecord(present) || !isRecord(added)) return fail(`two files define ${inner}`);
    const both = mergeData(present, added, inner);
    if (!both.ok) return both;
    merged[name] = both.value;
  }
  return ok(merged);
}

export function isRecord(value: JsonValue | undefined): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function record(entries: readonly (readonly [string, JsonValue | undefined])[]): Record<string, JsonValue | undefined> {
  const made: Record<string, JsonValue | undefined> = Object.create(null);
  for (const [name, value] of entries) made[name] = value;
  return made;
}
