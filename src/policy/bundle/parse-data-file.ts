import { parse as parseYaml } from 'yaml';
import { fail, ok, type Result } from '../../errors/result.js';
import { decodeUtf8 } from '../../json/decode-utf8.js';
import { JsonNumber, type JsonObject, type JsonValue } from '../../json/json.js';
import { parseJson } from '../../json/parse.js';
import type { BundleFile } from './bundle.js';
import { isRecord } from './merge-data.js';

/** Reads a `data.json` or `data.yaml`. OPA accepts nothing but an object there. */
export function parseDataFile(file: BundleFile): Result<JsonObject> {
  const text = decodeUtf8(file.content);
  const parsed = file.path.endsWith('.json') ? parseJson(text) : readYaml(text);
  if (!parsed.ok) return fail(`${file.path}: ${parsed.error}`);
  return isRecord(parsed.value) ? ok(parsed.value) : fail(`${file.path} is not an object`);
}

function readYaml(text: string): Result<JsonValue> {
  try {
    // A few aliases of aliases grow to gigabytes ("billion laughs"); policy data has no need of them.
    return ok(fromYaml(parseYaml(text, { schema: 'core', intAsBigInt: true, maxAliasCount: 100 })));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function fromYaml(value: unknown): JsonValue {
  if (typeof value === 'bigint') return new JsonNumber(value.toString());
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') {
    return value;
  }
  if (Array.isArray(value)) return value.map(fromYaml);
  if (typeof value !== 'object') throw new TypeError('a value that JSON does not have');
  const record: Record<string, JsonValue> = Object.create(null);
  for (const [name, inner] of Object.entries(value)) record[name] = fromYaml(inner);
  return record;
}
