import { type Civil, civilFromSeconds, splitNs, weekdayOf, yearDayOf } from './civil.js';
import { dayNames, type LayoutPiece, monthNames, parseLayout } from './layout.js';
import type { Zone } from './zone.js';

/** Go's `Time.Format`; undefined where the layout asks for a zone abbreviation that is not known. */
export function formatTime(ns: bigint, zone: Zone, layout: string): string | undefined {
  const { seconds, nanosecond } = splitNs(ns);
  const offset = zone.offsetAt(seconds);
  const civil = civilFromSeconds(seconds + offset, nanosecond);
  const pieces = parseLayout(layout).map((piece) => {
    if (piece.kind === 'element' && piece.element === 'MST') return zone.abbreviationAt(seconds);
    return formatPiece(piece, civil, offset);
  });
  return pieces.includes(undefined) ? undefined : pieces.join('');
}

function formatPiece(piece: LayoutPiece, civil: Civil, offset: number): string {
  if (piece.kind === 'text') return piece.text;
  if (piece.kind === 'fraction') return formatFraction(piece, civil.nanosecond);
  const { element } = piece;
  if (element.startsWith('-07')) return formatOffset(offset, element);
  if (element.startsWith('Z07')) return offset === 0 ? 'Z' : formatOffset(offset, element.replace('Z', '-'));
  return formatElement(element, civil);
}

function formatElement(element: string, civil: Civil): string {
  const { year, month, day, hour, minute, second } = civil;
  const hour12 = hour % 12 === 0 ? 12 : hour % 12;
  switch (element) {
    case '2006':
      return String(year).padStart(4, '0');
    case '06':
      return two(year % 100);
    case 'January':
      return monthNames[month - 1] ?? '';
    case 'Jan':
      return (monthNames[month - 1] ?? '').slice(0, 3);
    case 'Monday':
      return dayNames[weekdayOf(civil)] ?? '';
    case 'Mon':
      return (dayNames[weekdayOf(civil)] ?? '').slice(0, 3);
    case '1':
      return String(month);
    case '01':
      return two(month);
    case '2':
      return String(day);
    case '_2':
      return String(day).padStart(2, ' ');
    case '02':
      return two(day);
    case '__2':
      return String(yearDayOf(civil)).padStart(3, ' ');
    case '002':
      return String(yearDayOf(civil)).padStart(3, '0');
    case '15':
      return two(hour);
    case '3':
      return String(hour12);
    case '03':
      return two(hour12);
    case '4':
      return String(minute);
    case '04':
      return two(minute);
    case '5':
      return String(second);
    case '05':
      return two(second);
    case 'PM':
      return hour >= 12 ? 'PM' : 'AM';
    default:
      return hour >= 12 ? 'pm' : 'am';
  }
}

/** `element` is the layout's own offset, `-07:00` and its like. */
function formatOffset(offset: number, element: string): string {
  const colon = element.includes(':') ? ':' : '';
  const fields = element.replace(/[-:]/g, '').length / 2;
  const magnitude = Math.abs(offset);
  const parts = [Math.floor(magnitude / 3600), Math.floor(magnitude / 60) % 60, magnitude % 60];
  // Go decides the sign by whole minutes.
  const sign = Math.trunc(offset / 60) < 0 ? '-' : '+';
  return sign + parts.slice(0, fields).map(two).join(colon);
}

function formatFraction(piece: { mark: string; digits: number; exact: boolean }, nanosecond: number): string {
  const digits = String(nanosecond).padStart(9, '0').slice(0, piece.digits);
  if (piece.exact) return piece.mark + digits;
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === '' ? '' : piece.mark + trimmed;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
