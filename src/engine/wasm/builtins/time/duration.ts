import { formatFloat } from '../go/format-float.js';

const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3, // U+00B5, the micro sign
  μs: 1e3, // U+03BC, the Greek letter
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const int64Limit = 2n ** 63n;

const hoursIn: Readonly<Record<string, number>> = { d: 24, w: 7 * 24, y: 365 * 24 };

/** Nanoseconds; Go's notation, and OPA's days, weeks and years. Undefined if malformed or beyond int64. */
export function parseDuration(text: string): bigint | undefined {
  if (!/[dwy]/.test(text)) return parseGoDuration(text);
  if (!/^[-+]?(?:[\d.]+(?:ms|us|µs|ns|[a-z]))+$/.test(text)) return undefined;
  const inHours = text.replace(/([\d.]+)([dwy])/g, (_segment, digits: string, unit: string) => {
    const hours = Number(digits) * (hoursIn[unit] ?? 0);
    return Number.isFinite(hours) ? `${formatFloat(hours, 'f', undefined)}h` : '-';
  });
  return parseGoDuration(inHours);
}

function parseGoDuration(text: string): bigint | undefined {
  const [, sign, rest = ''] = /^([+-]?)([\s\S]*)$/.exec(text) ?? [];
  if (rest === '0') return 0n;
  let total = 0n;
  let end = 0;
  for (const match of rest.matchAll(/(\d*)(?:\.(\d*))?([^.\d]+)/gy)) {
    const [whole, integer = '', fraction = '', unit = ''] = match;
    const scale = Object.hasOwn(units, unit) ? units[unit] : undefined;
    if (scale === undefined || integer + fraction === '') return undefined;
    total += BigInt(integer === '' ? '0' : integer) * BigInt(scale) + fractionOf(fraction, scale);
    end += whole.length;
    if (total > int64Limit) return undefined;
  }
  if (end === 0 || end !== rest.length) return undefined;
  if (sign === '-') return -total;
  return total === int64Limit ? undefined : total;
}

/** In doubles, as Go does it: `.1` of an hour need not come out exact. Digits beyond 63 bits are dropped. */
function fractionOf(digits: string, scale: number): bigint {
  let kept = 0n;
  let unit = 1;
  for (const digit of digits) {
    const next = kept * 10n + BigInt(digit);
    if (next > int64Limit) break;
    kept = next;
    unit *= 10;
  }
  return BigInt(Math.trunc(Number(kept) * (scale / unit)));
}
