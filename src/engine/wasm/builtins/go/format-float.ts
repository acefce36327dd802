import {
  binaryParts,
  divideToEven,
  fixedDigits,
  type Scientific,
  shortestDigits,
  significantDigits,
} from './float-digits.js';

/** Go's `strconv.FormatFloat` for a finite double; precision undefined means the shortest that reads back. */
export function formatFloat(value: number, verb: string, precision: number | undefined): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return sign + formatMagnitude(Math.abs(value), verb, precision);
}

function formatMagnitude(x: number, verb: string, precision: number | undefined): string {
  switch (verb) {
    case 'e':
    case 'E':
      return exponentForm(precision === undefined ? shortestDigits(x) : significantDigits(x, precision + 1), verb);
    case 'f':
      return precision === undefined ? plainForm(shortestDigits(x)) : fixedDigits(x, precision);
    case 'b':
      return binaryForm(x);
    case 'x':
      return hexadecimalForm(x, precision);
    case 'X':
      return hexadecimalForm(x, precision).toUpperCase();
    default:
      return generalForm(x, verb === 'G' ? 'E' : 'e', precision);
  }
}

function generalForm(x: number, e: string, precision: number | undefined): string {
  const digits = precision === undefined ? shortestDigits(x) : trimmed(significantDigits(x, precision || 1));
  const count = digits.digits.length;
  let threshold = precision ?? 6;
  if (precision !== undefined) {
    threshold = precision || 1;
    if (threshold > count && count >= digits.exponent + 1) threshold = count;
  }
  return digits.exponent < -4 || digits.exponent >= threshold ? exponentForm(digits, e) : plainForm(digits);
}

function trimmed({ digits, exponent }: Scientific): Scientific {
  return { digits: digits.replace(/(?<=.)0+$/, ''), exponent };
}

function exponentForm({ digits, exponent }: Scientific, e: string): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  return `${digits.slice(0, 1)}${fraction}${e}${signed(exponent)}`;
}

function plainForm({ digits, exponent }: Scientific): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function binaryForm(x: number): string {
  const { mantissa, exponent } = binaryParts(x);
  return `${mantissa}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

function hexadecimalForm(x: number, precision: number | undefined): string {
  let { mantissa, exponent } = binaryParts(x);
  if (mantissa === 0n) return `0x0${precision ? `.${'0'.repeat(precision)}` : ''}p+00`;
  while (mantissa < 1n << 52n) {
    mantissa <<= 1n;
    exponent -= 1;
  }
  if (precision !== undefined && precision < 13) {
    const dropped = 1n << BigInt(4 * (13 - precision));
    mantissa = divideToEven(mantissa, dropped) * dropped;
    if (mantissa >= 1n << 53n) {
      mantissa >>= 1n;
      exponent += 1;
    }
  }
  const hex = mantissa.toString(16);
  const fraction =
    precision === undefined ? hex.slice(1).replace(/0+$/, '') : hex.slice(1).padEnd(precision, '0').slice(0, precision);
  return `0x${hex.slice(0, 1)}${fraction === '' ? '' : `.${fraction}`}p${signed(exponent + 52)}`;
}

function signed(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
