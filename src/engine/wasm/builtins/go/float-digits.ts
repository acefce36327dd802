/** Beyond this many places every double has only zeros. */
const maxPlaces = 1100;

/** digits × 10^(exponent − digits.length + 1): one digit before the point. */
export interface Scientific {
  readonly digits: string;
  readonly exponent: number;
}

/** The fewest digits that read back as the same double. `x` is finite and not negative. */
export function shortestDigits(x: number): Scientific {
  const [mantissa = '', exponent = ''] = x.toExponential().split('e');
  return { digits: mantissa.replace('.', ''), exponent: Number(exponent) };
}

/** `count` significant digits, exactly rounded, ties to even (JavaScript's own rounding breaks ties upwards). */
export function significantDigits(x: number, count: number): Scientific {
  if (x === 0) return { digits: '0'.repeat(count), exponent: 0 };
  const exact = Math.min(count, maxPlaces);
  let exponent = shortestDigits(x).exponent;
  let digits = scaled(x, exact - 1 - exponent).toString();
  while (digits.length !== exact) {
    exponent += digits.length < exact ? -1 : 1;
    digits = scaled(x, exact - 1 - exponent).toString();
  }
  return { digits: digits.padEnd(count, '0'), exponent };
}

/** `places` digits after the point, exactly rounded. */
export function fixedDigits(x: number, places: number): string {
  const exact = Math.min(places, maxPlaces);
  const digits = scaled(x, exact)
    .toString()
    .padStart(exact + 1, '0');
  const fraction = digits.slice(digits.length - exact).padEnd(places, '0');
  return places === 0 ? digits : `${digits.slice(0, digits.length - exact)}.${fraction}`;
}

/** x = mantissa × 2^exponent, exactly. */
export function binaryParts(x: number): { readonly mantissa: bigint; readonly exponent: number } {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  const raw = bits.getBigUint64(0);
  const biased = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xfffffffffffffn;
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}

/** x × 10^power, rounded to an integer. */
function scaled(x: number, power: number): bigint {
  const { mantissa, exponent } = binaryParts(x);
  let numerator = mantissa;
  let denominator = 1n;
  if (exponent >= 0) numerator <<= BigInt(exponent);
  else denominator <<= BigInt(-exponent);
  if (power >= 0) numerator *= 10n ** BigInt(power);
  else denominator *= 10n ** BigInt(-power);
  return divideToEven(numerator, denominator);
}

export function divideToEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}
