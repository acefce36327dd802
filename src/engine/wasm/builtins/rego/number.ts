import { JsonNumber } from '../../../../json/json.js';
import { numberFromText } from '../../../../json/read-number.js';
import type { RegoNumber } from './rego-value.js';

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;
/** Beyond this, comparing digit by digit would let a short text like `1e999999999` use all memory. */
const maxExponent = 10_000;

export function numberText(number: RegoNumber): string {
  return number instanceof JsonNumber ? number.text : String(number);
}

export function numberFromBigInt(value: bigint): RegoNumber {
  return numberFromText(value.toString());
}

/** The number as int64, as OPA reads integers: `3.00` is one, `3e0` is not. */
export function toInt64(number: RegoNumber): bigint | undefined {
  const match = /^([+-]?\d+)(?:\.0*)?$/.exec(numberText(number));
  if (match === null || (match[1] ?? '').length > 20) return undefined;
  const value = BigInt(match[1] ?? '');
  return value >= int64Min && value <= int64Max ? value : undefined;
}

/** value = coefficient × 10^exponent, undefined where the exponent is absurd. */
interface Decimal {
  readonly coefficient: bigint;
  readonly exponent: number;
}

export function toDecimal(text: string): Decimal | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  const digits = `${match?.[2] ?? ''}${match?.[3] ?? ''}`;
  if (match === null || digits === '') return undefined;
  const exponent = Number(match[4] ?? 0) - (match[3] ?? '').length;
  if (Math.abs(exponent) > maxExponent) return undefined;
  const magnitude = BigInt(digits);
  return { coefficient: match[1] === '-' ? -magnitude : magnitude, exponent };
}

export function compareNumbers(a: RegoNumber, b: RegoNumber): number {
  if (typeof a === 'number' && typeof b === 'number') return Math.sign(a - b);
  const left = toDecimal(numberText(a));
  const right = toDecimal(numberText(b));
  if (left === undefined || right === undefined) {
    return Math.sign(Number(numberText(a)) - Number(numberText(b)));
  }
  const base = Math.min(left.exponent, right.exponent);
  const scaled = (decimal: Decimal) => decimal.coefficient * 10n ** BigInt(decimal.exponent - base);
  const difference = scaled(left) - scaled(right);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}
