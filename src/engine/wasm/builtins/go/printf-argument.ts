import { textToBytes } from '../rego/bytes.js';
import { type Field, pad } from './field.js';
import { formatFloat } from './format-float.js';
import { canBackquote, quoteGo, quoteGoRune } from './quote.js';

/** An argument as OPA hands it to Go: the type decides which verbs it takes. */
export type PrintfArgument =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'int64'; readonly value: bigint }
  | { readonly type: '*big.Int'; readonly value: bigint }
  | { readonly type: 'float64'; readonly value: number };

export function printArgument(argument: PrintfArgument, verb: string, field: Field): string {
  if (verb === 'T') return pad(truncate(argument.type, field), field);
  const text = printByType(argument, verb, field);
  return text ?? `%!${verb}(${argument.type}=${printByType(argument, 'v', field) ?? ''})`;
}

function printByType(argument: PrintfArgument, verb: string, field: Field): string | undefined {
  switch (argument.type) {
    case 'string':
      return printString(argument.value, verb, field);
    case 'int64':
      return printInteger(argument.value, verb, field);
    case '*big.Int':
      return printBigInteger(argument.value, verb, field);
    case 'float64':
      return printFloat(argument.value, verb, field);
  }
}

function printString(text: string, verb: string, field: Field): string | undefined {
  switch (verb) {
    case 'v':
      return field.sharpV ? printQuoted(text, field) : pad(truncate(text, field), field);
    case 's':
      return pad(truncate(text, field), field);
    case 'q':
      return printQuoted(text, field);
    case 'x':
      return printBytes(text, field);
    case 'X':
      return printBytes(text, field, true);
    default:
      return undefined;
  }
}

function truncate(text: string, { precision }: Field): string {
  return precision === undefined ? text : Array.from(text).slice(0, precision).join('');
}

function printQuoted(text: string, field: Field): string {
  const cut = truncate(text, field);
  if (field.sharp && canBackquote(cut)) return pad(`\`${cut}\``, field);
  return pad(quoteGo(cut, { ascii: field.plus }), field);
}

function printBytes(text: string, field: Field, upper = false): string {
  const bytes = textToBytes(text).subarray(0, field.precision);
  const prefix = field.sharp ? '0x' : '';
  const pairs = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  const joined = field.space ? pairs.map((pair) => prefix + pair).join(' ') : prefix + pairs.join('');
  const hex = pairs.length === 0 ? '' : joined;
  return pad(upper ? hex.toUpperCase() : hex, field);
}

const bases: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

function printInteger(value: bigint, verb: string, field: Field): string | undefined {
  if (verb === 'c') return pad(runeOf(value), field);
  if (verb === 'q') return pad(quoteGoRune(runeOf(value), { ascii: field.plus }), field);
  if (verb === 'U') return printUnicode(value, field);
  const base = bases[verb];
  if (base === undefined) return undefined;
  if (field.precision === 0 && value === 0n) return pad('', field, false);
  const negative = value < 0n;
  const sign = negative ? '-' : field.plus ? '+' : field.space ? ' ' : '';
  let minimum = field.precision ?? 0;
  if (field.precision === undefined && field.zero && !field.minus) minimum = (field.width ?? 0) - sign.length;
  const digits = (negative ? -value : value).toString(base).padStart(minimum, '0');
  const text = sign + basePrefix(digits, verb, field.sharp) + digits;
  return pad(verb === 'X' ? text.toUpperCase() : text, field, false);
}

function basePrefix(digits: string, verb: string, sharp: boolean): string {
  if (verb === 'O') return sharp && !digits.startsWith('0') ? '0o0' : '0o';
  if (!sharp) return '';
  if (verb === 'b') return '0b';
  if (verb === 'o') return digits.startsWith('0') ? '' : '0';
  return verb === 'x' || verb === 'X' ? '0x' : '';
}

/** `*big.Int` formats itself, with rules of its own. */
function printBigInteger(value: bigint, verb: string, field: Field): string {
  const base = verb === 's' ? 10 : bases[verb];
  if (base === undefined) return `%!${verb}(big.Int=${value})`;
  const sign = value < 0n ? '-' : field.plus || field.plusV ? '+' : field.space ? ' ' : '';
  const digits = (value < 0n ? -value : value).toString(base);
  const prefix = verb === 'O' ? '0o' : bigPrefix(verb, field);
  const least = field.zero && !field.minus && field.precision === undefined ? (field.width ?? 0) : 0;
  const zeros = Math.max(field.precision ?? 0, least - sign.length - prefix.length);
  const body = verb === 'X' ? digits.toUpperCase() : digits;
  return pad(sign + prefix + body.padStart(zeros, '0'), field, false);
}

function bigPrefix(verb: string, field: Field): string {
  if (!field.sharp) return '';
  return { b: '0b', o: '0', x: '0x', X: '0X' }[verb] ?? '';
}

function runeOf(value: bigint): string {
  const valid = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  return valid ? String.fromCodePoint(Number(value)) : '\ufffd';
}

function printUnicode(value: bigint, field: Field): string {
  const unsigned = BigInt.asUintN(64, value);
  const digits = unsigned
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, field.precision ?? 4), '0');
  const shown = field.sharp && unsigned <= 0x10ffffn && /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(runeOf(unsigned));
  return pad(`U+${digits}${shown ? ` '${runeOf(unsigned)}'` : ''}`, field, false);
}

const floatVerbs: Readonly<Record<string, readonly [string, number | undefined]>> = {
  v: ['g', undefined],
  b: ['b', undefined],
  g: ['g', undefined],
  G: ['G', undefined],
  x: ['x', undefined],
  X: ['X', undefined],
  f: ['f', 6],
  F: ['f', 6],
  e: ['e', 6],
  E: ['E', 6],
};

function printFloat(value: number, verb: string, field: Field): string | undefined {
  const known = floatVerbs[verb];
  if (known === undefined) return undefined;
  const [form, standard] = known;
  const precision = field.precision ?? standard;
  const text = formatFloat(value, form, precision);
  const magnitude = text.replace(/^-/, '');
  const shown = field.sharp && form !== 'b' ? withPoint(magnitude, form, precision) : magnitude;
  const sign = text.startsWith('-') ? '-' : field.plus ? '+' : field.space ? ' ' : '';
  if (sign === '' || !field.zero || field.minus) return pad(sign + shown, field);
  return sign + shown.padStart((field.width ?? 0) - 1, '0');
}

/** The sharp flag keeps the point and, in the general form, trailing zeros. */
function withPoint(magnitude: string, form: string, precision: number | undefined): string {
  const split = /^(.*?)([pP].*|[eE][+-].*)?$/.exec(magnitude);
  const [mantissa, tail] = [split?.[1] ?? '', split?.[2] ?? ''];
  const general = form === 'g' || form === 'G' || form === 'x';
  const digits = mantissa.replace('.', '');
  const counted = digits.replace(/^0+/, '').length || (mantissa === '0' ? 1 : 0);
  const zeros = general ? Math.max(0, (precision ?? 6) - counted) : 0;
  return `${mantissa}${mantissa.includes('.') ? '' : '.'}${'0'.repeat(zeros)}${tail}`;
}
