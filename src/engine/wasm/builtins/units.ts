import { JsonNumber } from '../../../json/json.js';
import { type Builtins, builtin, string } from './builtin.js';
import { binaryParts, divideToEven } from './go/float-digits.js';
import { numberFromBigInt, toDecimal } from './rego/number.js';
import type { RegoNumber } from './rego/rego-value.js';

export const unitBuiltins: Builtins = {
  'units.parse': builtin([string], parseUnits),
  'units.parse_bytes': builtin([string], parseBytes),
};

const prefixes = ['k', 'm', 'g', 't', 'p', 'e'];
/** Digits of `units.parse` after the point. */
const places = 10n ** 10n;

interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** `10Ki`, `2.5G`, `100m`; the first letter tells milli from mega. */
function parseUnits(text: string): RegoNumber | undefined {
  const parts = splitAmount(text.replaceAll('"', ''));
  if (parts === undefined) return undefined;
  const unit = parts.unit.slice(0, 1) + parts.unit.slice(1).toLowerCase();
  const factor = unit === 'm' ? exactly(0.001) : wholeUnit(unit);
  if (factor === undefined) return undefined;
  const numerator = parts.amount.numerator * factor.numerator;
  const denominator = parts.amount.denominator * factor.denominator;
  if (numerator % denominator === 0n) return numberFromBigInt(numerator / denominator);
  return new JsonNumber(decimalText(numerator, denominator));
}

function wholeUnit(unit: string): Fraction | undefined {
  if (unit === '') return { numerator: 1n, denominator: 1n };
  const power = BigInt(prefixes.indexOf(unit.slice(0, 1).toLowerCase()) + 1);
  if (power === 0n || !/^.i?$/.test(unit)) return undefined;
  return { numerator: (unit.endsWith('i') ? 1024n : 1000n) ** power, denominator: 1n };
}

/** OPA takes the double 0.001 here, not a thousandth. */
function exactly(value: number): Fraction {
  const { mantissa, exponent } = binaryParts(value);
  return { numerator: mantissa, denominator: 1n << BigInt(-exponent) };
}

/** Ten places, halves away from zero. */
function decimalText(numerator: bigint, denominator: bigint): string {
  const magnitude = numerator < 0n ? -numerator : numerator;
  const rounded = (magnitude * places * 2n + denominator) / (denominator * 2n);
  const fraction = (rounded % places).toString().padStart(10, '0');
  return `${numerator < 0n ? '-' : ''}${rounded / places}.${fraction}`;
}

/** `10KiB`, `2.5gb`, in any letter case; what is left of a byte is dropped. */
function parseBytes(text: string): RegoNumber | undefined {
  const parts = splitAmount(text.toLowerCase().replaceAll('"', ''));
  const match = /^(?:([kmgtpe])(i?)b?)?$/.exec(parts?.unit ?? '-');
  if (parts === undefined || match === null) return undefined;
  const power = match[1] === undefined ? 0n : BigInt(prefixes.indexOf(match[1]) + 1);
  const factor = (match[2] === 'i' ? 1024n : 1000n) ** power;
  const { numerator, denominator } = roundTo64Bits(parts.amount);
  const product = roundTo64Bits({ numerator: numerator * factor, denominator });
  return numberFromBigInt(product.numerator / product.denominator);
}

/** OPA reckons bytes in floats of 64 bits. */
function roundTo64Bits({ numerator, denominator }: Fraction): Fraction {
  const magnitude = numerator < 0n ? -numerator : numerator;
  if (magnitude === 0n) return { numerator: 0n, denominator: 1n };
  let shift = BigInt(magnitude.toString(2).length - denominator.toString(2).length - 64);
  let rounded = divideToEven(...scale(magnitude, denominator, shift));
  if (rounded.toString(2).length > 64) rounded = divideToEven(...scale(magnitude, denominator, ++shift));
  if (rounded.toString(2).length < 64) rounded = divideToEven(...scale(magnitude, denominator, --shift));
  const signed = numerator < 0n ? -rounded : rounded;
  return shift >= 0n
    ? { numerator: signed << shift, denominator: 1n }
    : { numerator: signed, denominator: 1n << -shift };
}

function scale(numerator: bigint, denominator: bigint, shift: bigint): [bigint, bigint] {
  return shift >= 0n ? [numerator, denominator << shift] : [numerator << -shift, denominator];
}

const amountPattern = /^(?:[\d.+-]|[eE](?:[+-]|(?=\d)))+/;

function splitAmount(text: string): { readonly amount: Fraction; readonly unit: string } | undefined {
  const number = text.includes(' ') ? '' : (amountPattern.exec(text)?.[0] ?? '');
  const decimal = number === '' ? undefined : toDecimal(number);
  if (decimal === undefined) return undefined;
  const scaling = 10n ** BigInt(Math.abs(decimal.exponent));
  const amount =
    decimal.exponent >= 0
      ? { numerator: decimal.coefficient * scaling, denominator: 1n }
      : { numerator: decimal.coefficient, denominator: scaling };
  return { amount, unit: text.slice(number.length) };
}
