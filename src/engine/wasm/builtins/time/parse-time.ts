import { civilSeconds, daysFromCivil, daysInMonth, secondNs } from './civil.js';
import { dayNames, type LayoutPiece, monthNames, parseLayout } from './layout.js';

/** Go's `time.Parse`: nanoseconds since 1970, undefined if the text does not fit the layout. */
export function parseTime(layout: string, text: string): bigint | undefined {
  const parser = new TimeParser(text);
  const pieces = parseLayout(layout);
  for (const [index, piece] of pieces.entries()) {
    if (!parser.take(piece, pieces[index + 1])) return undefined;
  }
  return parser.finish();
}

type Meridiem = 'am' | 'pm' | undefined;

class TimeParser {
  #rest: string;
  #year = 0;
  #month: number | undefined;
  #day: number | undefined;
  #yearDay: number | undefined;
  #hour = 0;
  #minute = 0;
  #second = 0;
  #nanosecond = 0;
  #meridiem: Meridiem;
  #offset = 0;

  constructor(text: string) {
    this.#rest = text;
  }

  take(piece: LayoutPiece, next: LayoutPiece | undefined): boolean {
    switch (piece.kind) {
      case 'text':
        return this.#text(piece.text);
      case 'fraction':
        return this.#fraction(piece.exact ? piece.digits : undefined);
      case 'element':
        return this.#element(piece.element, next);
    }
  }

  finish(): bigint | undefined {
    if (this.#rest !== '' || !this.#settleDate()) return undefined;
    const [year, month, day] = [this.#year, this.#month ?? 1, this.#day ?? 1];
    if (day < 1 || day > daysInMonth(year, month)) return undefined;
    let hour = this.#hour;
    if (this.#meridiem === 'pm' && hour < 12) hour += 12;
    if (this.#meridiem === 'am' && hour === 12) hour = 0;
    const civil = { year, month, day, hour, minute: this.#minute, second: this.#second, nanosecond: 0 };
    return BigInt(civilSeconds(civil) - this.#offset) * secondNs + BigInt(this.#nanosecond);
  }

  #element(element: string, next: LayoutPiece | undefined): boolean {
    if (/^[-Z]07/.test(element)) return this.#zoneOffset(element);
    switch (element) {
      case '2006':
        return this.#number(/^\d{4}/, 0, 9999, (value) => {
          this.#year = value;
        });
      case '06':
        return this.#number(/^\d{2}/, 0, 99, (value) => {
          this.#year = value + (value >= 69 ? 1900 : 2000);
        });
      case 'January':
      case 'Jan':
        return this.#name(monthNames, element === 'Jan', (index) => {
          this.#month = index + 1;
        });
      case 'Monday':
      case 'Mon':
        return this.#name(dayNames, element === 'Mon', () => undefined);
      case '1':
      case '01':
        return this.#number(digits(element), 1, 12, (value) => {
          this.#month = value;
        });
      case '2':
      case '_2':
      case '02':
        if (element === '_2') this.#rest = this.#rest.replace(/^ /, '');
        return this.#number(digits(element), 0, 99, (value) => {
          this.#day = value;
        });
      case '__2':
      case '002':
        if (element === '__2') this.#rest = this.#rest.replace(/^ {1,2}/, '');
        return this.#number(element === '002' ? /^\d{3}/ : /^\d{1,3}/, 0, 999, (value) => {
          this.#yearDay = value;
        });
      default:
        return this.#clockElement(element, next);
    }
  }

  #clockElement(element: string, next: LayoutPiece | undefined): boolean {
    switch (element) {
      case '15':
      case '3':
      case '03':
        return this.#number(digits(element), 0, element === '15' ? 23 : 12, (value) => {
          this.#hour = value;
        });
      case '4':
      case '04':
        return this.#number(digits(element), 0, 59, (value) => {
          this.#minute = value;
        });
      case '5':
      case '05':
        return this.#seconds(element, next);
      case 'PM':
        return this.#half(/^[AP]M/);
      case 'pm':
        return this.#half(/^[ap]m/);
      default:
        return this.#zoneName();
    }
  }

  /** A fraction in the text is taken even where the layout has none. */
  #seconds(element: string, next: LayoutPiece | undefined): boolean {
    const taken = this.#number(digits(element), 0, 59, (value) => {
      this.#second = value;
    });
    if (!taken || next?.kind === 'fraction') return taken;
    return !/^[.,]\d/.test(this.#rest) || this.#fraction(undefined);
  }

  /** Exactly so many digits, or if undefined as many as there are, even none. */
  #fraction(count: number | undefined): boolean {
    const pattern = count === undefined ? /^[.,]\d+/ : new RegExp(`^[.,]\\d{${count}}`);
    const found = this.#match(pattern);
    if (found === undefined) return count === undefined;
    this.#nanosecond = Number(found.slice(1, 10).padEnd(9, '0'));
    return true;
  }

  #text(text: string): boolean {
    for (const piece of text.match(/ +|[^ ]+/g) ?? []) {
      if (piece.startsWith(' ')) {
        if (this.#rest !== '' && !this.#rest.startsWith(' ')) return false;
        this.#rest = this.#rest.replace(/^ +/, '');
      } else {
        if (!this.#rest.startsWith(piece)) return false;
        this.#rest = this.#rest.slice(piece.length);
      }
    }
    return true;
  }

  #number(pattern: RegExp, least: number, most: number, store: (value: number) => void): boolean {
    const found = this.#match(pattern);
    if (found === undefined || Number(found) < least || Number(found) > most) return false;
    store(Number(found));
    return true;
  }

  #name(names: readonly string[], short: boolean, store: (index: number) => void): boolean {
    const shown = short ? names.map((name) => name.slice(0, 3)) : names;
    const lower = this.#rest.toLowerCase();
    const index = shown.findIndex((name) => lower.startsWith(name.toLowerCase()));
    if (index === -1) return false;
    this.#rest = this.#rest.slice((shown[index] ?? '').length);
    store(index);
    return true;
  }

  #half(pattern: RegExp): boolean {
    const found = this.#match(pattern);
    if (found === undefined) return false;
    this.#meridiem = found.toLowerCase() === 'pm' ? 'pm' : 'am';
    return true;
  }

  #zoneOffset(element: string): boolean {
    if (element.startsWith('Z') && this.#match(/^Z/) !== undefined) {
      this.#offset = 0;
      return true;
    }
    const shape = element.slice(1).replace(/07|00/g, '(\\d{2})');
    const match = new RegExp(`^([+-])${shape}`).exec(this.#rest);
    if (match === null) return false;
    this.#rest = this.#rest.slice(match[0].length);
    const [hours = 0, minutes = 0, seconds = 0] = match.slice(2).map(Number);
    if (hours > 24 || minutes > 60 || seconds > 60) return false;
    const offset = hours * 3600 + minutes * 60 + seconds;
    this.#offset = match[1] === '-' ? -offset : offset;
    return true;
  }

  /** An abbreviation does not tell an offset: Go takes the clock as UTC, whatever the name. */
  #zoneName(): boolean {
    const found =
      this.#match(/^UTC/) ??
      this.#match(/^(?:ChST|MeST)/) ??
      this.#match(/^GMT(?:[+-](?:0*(?:1?\d|2[0-3]))(?!\d))?/) ??
      this.#match(/^[+-]0*(?:1?\d|2[0-3])(?!\d)/) ??
      this.#match(/^(?:[A-Z]{4}T|[A-Z]{3}T|WITA|[A-Z]{3})(?![A-Z])/);
    return found !== undefined;
  }

  #settleDate(): boolean {
    if (this.#yearDay === undefined) return true;
    const start = daysFromCivil(this.#year, 1, 1);
    const length = daysFromCivil(this.#year + 1, 1, 1) - start;
    if (this.#yearDay < 1 || this.#yearDay > length) return false;
    const date = new Date((start + this.#yearDay - 1) * 86_400_000);
    const [month, day] = [date.getUTCMonth() + 1, date.getUTCDate()];
    const agrees = (this.#month ?? month) === month && (this.#day ?? day) === day;
    this.#month = month;
    this.#day = day;
    return agrees;
  }

  #match(pattern: RegExp): string | undefined {
    const found = pattern.exec(this.#rest)?.[0];
    if (found !== undefined) this.#rest = this.#rest.slice(found.length);
    return found;
  }
}

/** A leading zero in the layout wants two digits, else one will do. */
function digits(element: string): RegExp {
  return element.startsWith('0') ? /^\d{2}/ : /^\d{1,2}/;
}
