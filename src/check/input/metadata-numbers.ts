import type { Config } from '../../config/schema.js';
import type { MetadataContext } from '../../envoy/attributes.js';
import { JsonNumber, type JsonObject, type JsonValue } from '../../json/json.js';

type NumberForm = Config['input']['metadata_numbers'];

/** A metadata context with its Struct numbers in the form the policy is to see. */
export function writeMetadataNumbers(context: MetadataContext, form: NumberForm): JsonObject {
  const { filterMetadata, typedFilterMetadata } = context;
  return {
    ...(filterMetadata === undefined ? {} : { filterMetadata: rewriteObject(filterMetadata, form) }),
    ...(typedFilterMetadata === undefined ? {} : { typedFilterMetadata }),
  };
}

function rewrite(value: JsonValue | undefined, form: NumberForm): JsonValue | undefined {
  if (typeof value === 'number') return writeNumber(value, form);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof JsonNumber || value instanceof Uint8Array) return value;
  return isList(value) ? value.map((item) => rewrite(item, form) ?? null) : rewriteObject(value, form);
}

function rewriteObject(object: JsonObject, form: NumberForm): JsonObject {
  const rewritten: Record<string, JsonValue | undefined> = Object.create(null);
  for (const name of Object.keys(object)) rewritten[name] = rewrite(object[name], form);
  return rewritten;
}

/** JSON has no text for NaN and the infinities: they are strings, as in opa-envoy-plugin. */
function writeNumber(value: number, form: NumberForm): JsonValue {
  if (!Number.isFinite(value)) return String(value);
  return form === 'plain' ? value : exponentForm(value);
}

/** Go's shortest `%g`: an exponent of at least two digits below 1e-4 and from 1e6 on. */
function exponentForm(value: number): JsonValue {
  if (Object.is(value, -0)) return new JsonNumber('-0');
  const [digits = '0', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (value === 0 || (power >= -4 && power < 6)) return value;
  return new JsonNumber(`${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`);
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}
