/** A wall clock reading in some zone. Months count from 1. */
export interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
}

export const secondNs = 1_000_000_000n;

/** Days since 1970-01-01; months and days beyond their range carry over, as in Go. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const carriedYear = year + Math.floor((month - 1) / 12);
  const carriedMonth = month - 12 * Math.floor((month - 1) / 12);
  // Counting years from March puts the leap day last.
  const y = carriedMonth <= 2 ? carriedYear - 1 : carriedYear;
  const m = (carriedMonth + 9) % 12;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return 365 * y + leapDays + Math.floor((153 * m + 2) / 5) + day - 1 - 719468;
}

/** Seconds since 1970 as if the reading were UTC. */
export function civilSeconds({ year, month, day, hour, minute, second }: Civil): number {
  return daysFromCivil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
}

export function daysInMonth(year: number, month: number): number {
  return daysFromCivil(year, month + 1, 1) - daysFromCivil(year, month, 1);
}

export function weekdayOf({ year, month, day }: Civil): number {
  return (((daysFromCivil(year, month, day) + 4) % 7) + 7) % 7;
}

export function yearDayOf({ year, month, day }: Civil): number {
  return daysFromCivil(year, month, day) - daysFromCivil(year, 1, 1) + 1;
}

/** Splits nanoseconds since 1970 into whole seconds and the rest, which is never negative. */
export function splitNs(ns: bigint): { readonly seconds: number; readonly nanosecond: number } {
  const nanosecond = ((ns % secondNs) + secondNs) % secondNs;
  return { seconds: Number((ns - nanosecond) / secondNs), nanosecond: Number(nanosecond) };
}

/** The reading of a UTC clock. The range of int64 nanoseconds is well within that of Date. */
export function civilFromSeconds(seconds: number, nanosecond: number): Civil {
  const date = new Date(seconds * 1000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    nanosecond,
  };
}
