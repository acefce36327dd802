import { any, type BuiltinContext, type Builtins, builtin, integer, string } from '../builtin.js';
import { numberFromBigInt, numberText, toDecimal } from '../rego/number.js';
import { isArray, isNumber, type RegoNumber, type RegoValue } from '../rego/rego-value.js';
import { type Civil, civilFromSeconds, civilSeconds, secondNs, splitNs, weekdayOf } from './civil.js';
import { timeDifference } from './difference.js';
import { parseDuration } from './duration.js';
import { formatTime } from './format-time.js';
import { dayNames } from './layout.js';
import { parseTime } from './parse-time.js';
import { type Zone, zoneFinder } from './zone.js';

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;
/** Far beyond what int64 nanoseconds can reach, and far within what a double counts exactly. */
const maxStep = 1_000_000n;

/** A moment, where it is read, and by which layout. */
interface Moment {
  readonly ns: bigint;
  readonly zone: Zone;
  readonly layout: string;
}

export function timeBuiltins(context: BuiltinContext): Builtins {
  const findZone = zoneFinder();
  const moment = (value: unknown) => readMoment(value as RegoValue, findZone);
  return {
    'time.now_ns': () => numberFromBigInt(context.nowNs()),
    'time.parse_ns': builtin([string, string], (layout, text) => inRange(parseTime(layout, text))),
    'time.parse_rfc3339_ns': builtin([string], (text) => inRange(parseTime('RFC3339', text))),
    'time.parse_duration_ns': builtin([string], (text) => inRange(parseDuration(text))),
    'time.format': builtin([moment], ({ ns, zone, layout }) => formatTime(ns, zone, layout)),
    'time.date': builtin([moment], (at) => {
      const { year, month, day } = civilOf(at);
      return [year, month, day];
    }),
    'time.clock': builtin([moment], (at) => {
      const { hour, minute, second } = civilOf(at);
      return [hour, minute, second];
    }),
    'time.weekday': builtin([moment], (at) => dayNames[weekdayOf(civilOf(at))]),
    'time.add_date': builtin([moment, integer, integer, integer], addDate),
    'time.diff': builtin([any, any], (a, b) => {
      const [first, second] = [moment(a), moment(b)];
      if (first === undefined || second === undefined) return undefined;
      const [earlier, later] = first.ns <= second.ns ? [first, second] : [second, first];
      return timeDifference(civilOf({ ...earlier, zone: first.zone }), civilOf({ ...later, zone: first.zone }));
    }),
  };
}

/** Nanoseconds, or `[nanoseconds, zone, layout]` with the last one or two left out. */
function readMoment(value: RegoValue, findZone: (name: string) => Zone | undefined): Moment | undefined {
  const [number, zoneName = '', layout = ''] = isArray(value) ? value : [value];
  const ns = isNumber(number) ? readNs(number) : undefined;
  const zone = typeof zoneName === 'string' ? findZone(zoneName) : undefined;
  if (ns === undefined || zone === undefined || typeof layout !== 'string') return undefined;
  return { ns, zone, layout: layout === '' ? 'RFC3339Nano' : layout };
}

/** Any whole number that fits int64, however it is written: `1e18` too. */
function readNs(number: RegoNumber): bigint | undefined {
  const decimal = toDecimal(numberText(number));
  if (decimal === undefined || decimal.exponent > 20) return undefined;
  const { coefficient, exponent } = decimal;
  if (exponent >= 0) return withinInt64(coefficient * 10n ** BigInt(exponent));
  const unit = 10n ** BigInt(-exponent);
  return coefficient % unit === 0n ? withinInt64(coefficient / unit) : undefined;
}

function withinInt64(value: bigint): bigint | undefined {
  return value >= int64Min && value <= int64Max ? value : undefined;
}

function inRange(ns: bigint | undefined): RegoNumber | undefined {
  const safe = ns === undefined ? undefined : withinInt64(ns);
  return safe === undefined ? undefined : numberFromBigInt(safe);
}

function civilOf({ ns, zone }: Pick<Moment, 'ns' | 'zone'>): Civil {
  const { seconds, nanosecond } = splitNs(ns);
  return civilFromSeconds(seconds + zone.offsetAt(seconds), nanosecond);
}

function addDate(at: Moment, years: bigint, months: bigint, days: bigint): RegoValue | undefined {
  if ([years, months, days].some((step) => step > maxStep || step < -maxStep)) return undefined;
  const civil = civilOf(at);
  const local = civilSeconds({
    ...civil,
    year: civil.year + Number(years),
    month: civil.month + Number(months),
    day: civil.day + Number(days),
  });
  // Where a clock reading exists twice or never, Go looks the offset up twice, and so do we.
  const guess = at.zone.offsetAt(clampToDate(local));
  const offset = guess === 0 ? 0 : at.zone.offsetAt(clampToDate(local - guess));
  return inRange(BigInt(local - offset) * secondNs + BigInt(civil.nanosecond));
}

/** Zones know nothing of years that Date cannot hold; the range check refuses them afterwards. */
function clampToDate(seconds: number): number {
  return Math.max(-8e12, Math.min(8e12, seconds));
}
