import { JsonNumber, type JsonValue } from '../../json/json.js';

/** A value as JSON has it: a set is an array in OPA's order. */
export function withoutSets(value: unknown): JsonValue | undefined {
  if (Array.isArray(value)) return Array.from(value, (element) => withoutSets(element) ?? null);
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return value as JsonValue | undefined;
  const record: Record<string, JsonValue | undefined> = Object.create(null);
  for (const [name, inner] of Object.entries(value)) record[name] = withoutSets(inner);
  return record;
}
