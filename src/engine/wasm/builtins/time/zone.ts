import { type Civil, civilSeconds } from './civil.js';

/** A time zone: what a clock there is ahead of UTC by, in seconds, at a moment in seconds since 1970. */
export interface Zone {
  offsetAt(seconds: number): number;
  /** `CET`, `PDT`, …; undefined where it is not known. */
  abbreviationAt(seconds: number): string | undefined;
}

export const utc: Zone = { offsetAt: () => 0, abbreviationAt: () => 'UTC' };

/** A zone name may come from a client. */
const maxCachedZones = 64;
/** Each English knows the abbreviations used where it is spoken. */
const locales = ['en-US', 'en-GB', 'en-CA', 'en-AU', 'en-NZ', 'en-IN', 'en-ZA'];
/** Those the time zone database has too; for the rest `Intl` makes up names of its own. */
const abbreviations = new Set(
  (
    'GMT BST IST WET WEST CET CEST EET EEST MSK SAST NST NDT AST ADT EST EDT CST CDT MST MDT PST PDT AKST AKDT HST ' +
    'AEST AEDT ACST ACDT AWST NZST NZDT'
  ).split(' '),
);
/** As the time zone database names zones: Go is strict about letter case, `Intl` is not. */
const namePattern = /^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*)*$/;

/** Finds zones by name, and keeps those in use. */
export function zoneFinder(): (name: string) => Zone | undefined {
  const cache = new Map<string, Zone | undefined>([
    ['', utc],
    ['UTC', utc],
  ]);
  return (name) => {
    if (!cache.has(name)) {
      if (cache.size >= maxCachedZones) cache.delete([...cache.keys()][2] ?? '');
      cache.set(name, findZone(name));
    }
    return cache.get(name);
  };
}

function findZone(name: string): Zone | undefined {
  if (name === 'Local') return zoneOf(new Intl.DateTimeFormat().resolvedOptions().timeZone);
  return namePattern.test(name) ? zoneOf(name) : undefined;
}

function zoneOf(timeZone: string): Zone | undefined {
  let clock: Intl.DateTimeFormat;
  try {
    clock = formatter('en-US', timeZone);
  } catch {
    return undefined;
  }
  return {
    offsetAt: (seconds) => civilSeconds(readClock(clock, seconds)) - seconds,
    abbreviationAt: (seconds) => abbreviation(timeZone, seconds),
  };
}

function formatter(locale: string, timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, {
    calendar: 'gregory',
    numberingSystem: 'latn',
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    timeZoneName: 'short',
  });
}

function readClock(clock: Intl.DateTimeFormat, seconds: number): Civil {
  const parts = new Map(clock.formatToParts(seconds * 1000).map(({ type, value }) => [type, Number(value)]));
  const read = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return {
    year: read('year'),
    month: read('month'),
    day: read('day'),
    hour: read('hour'),
    minute: read('minute'),
    second: read('second'),
    nanosecond: 0,
  };
}

function abbreviation(timeZone: string, seconds: number): string | undefined {
  for (const locale of locales) {
    const parts = formatter(locale, timeZone).formatToParts(seconds * 1000);
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
    if (abbreviations.has(name)) return name;
  }
  return undefined;
}
