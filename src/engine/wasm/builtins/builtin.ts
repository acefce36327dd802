import { toInt64 } from './rego/number.js';
import { isArray, isNumber, isObject, type RegoObject, type RegoValue } from './rego/rego-value.js';

/**
 * A function the host supplies to policies. Undefined, or anything thrown, is undefined in Rego,
 * as in OPA outside its strict mode. Operands are {@link RegoValue}s: numbers that a JavaScript
 * number would change arrive as JsonNumber, and may be returned as JsonNumber.
 */
export type Builtin = (...operands: unknown[]) => RegoValue | undefined;

export type Builtins = Readonly<Record<string, Builtin>>;

/** What built-ins see of the world, constant within one evaluation. */
export interface BuiltinContext {
  /** Wall clock in nanoseconds since 1970. */
  nowNs(): bigint;
  /** 16 random bytes, the same for the same key. */
  random(key: string): Uint8Array;
  /** What `opa.runtime().env` shows. */
  readonly env: Readonly<Record<string, string>>;
}

/** Reads one operand; undefined refuses it. */
export type Operand<Value> = (value: unknown) => Value | undefined;

type Taken<Operands extends readonly Operand<unknown>[]> = {
  [Index in keyof Operands]: Operands[Index] extends Operand<infer Value> ? Value : never;
};

/** A built-in that is undefined unless each operand is of its type. */
export function builtin<const Operands extends readonly Operand<unknown>[]>(
  operands: Operands,
  apply: (...values: Taken<Operands>) => RegoValue | undefined,
): Builtin {
  return (...given) => {
    const values = operands.map((read, index) => read(given[index]));
    return values.includes(undefined) ? undefined : apply(...(values as Taken<Operands>));
  };
}

export const any: Operand<RegoValue> = (value) => value as RegoValue | undefined;

export const string: Operand<string> = (value) => (typeof value === 'string' ? value : undefined);

/** An int64. */
export const integer: Operand<bigint> = (value) => (isNumber(value) ? toInt64(value) : undefined);

export const array: Operand<readonly RegoValue[]> = (value) => (isArray(value) ? value : undefined);

export const object: Operand<RegoObject> = (value) => (isObject(value) ? value : undefined);
