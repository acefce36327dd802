import { fail, ok, type Result } from '../../errors/result.js';
import { decodeUtf8 } from '../../json/decode-utf8.js';
import type { JsonObject, JsonValue } from '../../json/json.js';
import { parseJson } from '../../json/parse.js';
import { isRecord } from '../bundle/merge-data.js';

/** One change of a delta bundle, as OPA has them. */
export interface PatchOperation {
  readonly op: 'upsert' | 'remove' | 'replace';
  readonly path: readonly string[];
  readonly value: JsonValue | undefined;
}

/** Reads the `patch.json` of a delta bundle. */
export function parsePatch(content: Buffer): Result<readonly PatchOperation[]> {
  const parsed = parseJson(decodeUtf8(content), { duplicateNames: 'refuse' });
  const list = parsed.ok && isRecord(parsed.value) ? parsed.value['data'] : undefined;
  if (!Array.isArray(list)) return fail('patch.json has no list of changes');
  const operations: PatchOperation[] = [];
  for (const [index, entry] of list.entries()) {
    const operation = readOperation(entry);
    if (!operation.ok) return fail(`patch.json, change ${index + 1}: ${operation.error}`);
    operations.push(operation.value);
  }
  return ok(operations);
}

function readOperation(entry: JsonValue): Result<PatchOperation> {
  const { op, path, value } = isRecord(entry) ? entry : {};
  if (op !== 'upsert' && op !== 'remove' && op !== 'replace') return fail('it is not an upsert, a remove or a replace');
  if (typeof path !== 'string' || /~(?![01])/.test(path)) return fail('its path is not a JSON pointer');
  if (op !== 'remove' && value === undefined) return fail('it has no value');
  const names = path.replace(/^\/+|\/+$/g, '');
  if (names === '') return fail('it changes all of data');
  const segments = names.split('/').map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  return ok({ op, path: segments, value });
}

/** The data with all changes made, or none; the data that was given stays as it is. */
export function applyPatch(data: JsonObject, operations: readonly PatchOperation[]): Result<JsonObject> {
  let changed: JsonValue = data;
  for (const operation of operations) {
    const next = changeAt(changed, operation.path, operation);
    if (!next.ok) return fail(`patch.json: /${operation.path.join('/')} ${next.error}`);
    changed = next.value;
  }
  return isRecord(changed) ? ok(changed) : fail('patch.json leaves no object');
}

function changeAt(value: JsonValue, [name, ...rest]: readonly string[], change: PatchOperation): Result<JsonValue> {
  if (name === undefined) return fail('is empty');
  if (Array.isArray(value)) return changeInList(value, name, rest, change);
  if (!isRecord(value)) return fail('goes through a value that has no members');
  const present = value[name];
  const copy: Record<string, JsonValue | undefined> = Object.assign(Object.create(null), value);
  if (rest.length > 0) {
    if (present === undefined && change.op !== 'upsert') return fail('is not there');
    const inner = changeAt(present ?? Object.create(null), rest, change);
    if (!inner.ok) return inner;
    copy[name] = inner.value;
    return ok(copy);
  }
  if (present === undefined && change.op !== 'upsert') return fail('is not there');
  if (change.op === 'remove') delete copy[name];
  else copy[name] = change.value;
  return ok(copy);
}

/** `-` is the place behind the last member (RFC 6901); an upsert at an index inserts before it, as in OPA. */
function changeInList(
  list: readonly JsonValue[],
  name: string,
  rest: readonly string[],
  change: PatchOperation,
): Result<JsonValue> {
  const index = name === '-' ? list.length : Number(/^(?:0|[1-9]\d{0,9})$/.exec(name)?.[0] ?? Number.NaN);
  if (Number.isNaN(index)) return fail('names no place in a list');
  const present = list[index];
  if (rest.length === 0 && change.op === 'upsert') {
    if (index > list.length) return fail('is beyond the end of a list');
    return ok([...list.slice(0, index), change.value ?? null, ...list.slice(index)]);
  }
  if (present === undefined) return fail('is not there');
  if (rest.length > 0) {
    const inner = changeAt(present, rest, change);
    return inner.ok ? ok(list.with(index, inner.value)) : inner;
  }
  if (change.op === 'remove') return ok(list.toSpliced(index, 1));
  return ok(list.with(index, change.value ?? null));
}
