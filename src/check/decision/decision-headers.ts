import { ok, type Result } from '../../errors/result.js';
import type { JsonObject, JsonValue } from '../../json/json.js';
import { type DecisionFault, faulty, isObject, isStringList } from './decision-fault.js';

/** What a decision says about one header. */
export interface HeaderEdit {
  /** In lower case. */
  readonly name: string;
  /** One at least. */
  readonly values: readonly string[];
  /** Said by the explicit form `{"value": …, "append": …}`; undefined otherwise. */
  readonly append: boolean | undefined;
  /** The name came in two spellings, such as `X-User` and `x-user`. */
  readonly collides?: true;
}

interface Collected {
  readonly spelling: string;
  readonly edit: HeaderEdit;
}

/**
 * Headers to set: an object from name to value, or a list of such objects. A value is a string, a
 * list of strings, or `{"value": …, "append": true}`.
 */
export function readHeaders(result: JsonObject, key: string): Result<readonly HeaderEdit[], DecisionFault> {
  const given = result[key];
  if (given === undefined) return ok([]);
  const objects = Array.isArray(given) ? given : [given];
  const collected = new Map<string, Collected>();
  for (const object of objects) {
    if (!isObject(object)) return faulty('shape', `\`${key}\` is neither an object nor a list of objects`);
    for (const spelling of Object.keys(object)) {
      const edit = readEdit(spelling, object[spelling]);
      if (edit === undefined) return faulty('shape', `a header in \`${key}\` has a value that is no string`);
      const fault = collect(collected, spelling, edit, key);
      if (fault !== undefined) return { ok: false, error: fault };
    }
  }
  return ok(
    [...collected.values()].map(({ edit }) => edit).filter(({ values, collides }) => values.length > 0 || collides),
  );
}

/** Names of headers to remove, in lower case. */
export function readHeaderNames(result: JsonObject, key: string): Result<readonly string[], DecisionFault> {
  const given = result[key];
  if (given === undefined) return ok([]);
  if (!isStringList(given)) return faulty('shape', `\`${key}\` is not a list of strings`);
  return ok(given.map((name) => name.toLowerCase()));
}

function collect(
  collected: Map<string, Collected>,
  spelling: string,
  edit: HeaderEdit,
  key: string,
): DecisionFault | undefined {
  const known = collected.get(edit.name);
  if (known === undefined) {
    collected.set(edit.name, { spelling, edit });
    return undefined;
  }
  const collides = known.edit.collides ?? known.spelling !== spelling;
  if (!collides && known.edit.append !== edit.append) {
    return { rule: 'shape', message: `\`${key}\` both appends to a header and sets it` };
  }
  const values = [...known.edit.values, ...edit.values];
  collected.set(edit.name, { spelling, edit: { ...edit, values, ...(collides && { collides }) } });
  return undefined;
}

function readEdit(spelling: string, value: JsonValue | undefined): HeaderEdit | undefined {
  const name = spelling.toLowerCase();
  if (!isObject(value)) {
    const values = readValues(value);
    return values && { name, values, append: undefined };
  }
  const { append } = value;
  const values = readValues(value['value']);
  const known = Object.keys(value).every((member) => member === 'value' || member === 'append');
  if (values === undefined || !known || (append !== undefined && typeof append !== 'boolean')) return undefined;
  return { name, values, append };
}

function readValues(value: JsonValue | undefined): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  return isStringList(value) ? value : undefined;
}
