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

/** Go's `time.ParseDuration`: nanoseconds, undefined if malformed or beyond int64. */
export function parseDuration(text: string): bigint | undefined {
  const [, sign, rest = ''] = /^([+-]?)([\s\S]*)$/.exec(text) ?? [];
  if (rest === '0') return 0n;
  let total = 0n;
  let end = 0;
  for (const match of rest.matchAll(/(\d*)(?:\.(\d*))?([^.\d]+)/gy)) {
    const [whole, whole10 = '', fraction = '', unit = ''] = match;
    const scale = Object.hasOwn(units, unit) ? units[unit] : undefined;
    if (scale === undefined || whole10 + fraction === '') return undefined;
    total += BigInt(whole10 === '' ? '0' : whole10) * BigInt(scale) + fractionOf(fraction, scale);
    end += whole.length;
    if (total > int64Limit) return undefined;
  }
  if (end === 0 || end !== rest.length) return undefined;
  if (sign === '-') return -total;
  return total === int64Limit ? undefined : total;
}

/** In doubles, as Go does it: `.1` of an hour need not come out exact. */
function fractionOf(digits: string, scale: number): bigint {
  if (digits === '') return 0n;
  const kept = digits.slice(0, 18);
  return BigInt(Math.trunc(Number(kept) * (scale / 10 ** kept.length)));
}
