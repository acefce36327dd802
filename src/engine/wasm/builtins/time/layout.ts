export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

export const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** A piece of a Go layout: text that stands for itself, or an element of the reference time. */
export type LayoutPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'element'; readonly element: string }
  /** `.000` writes and wants exactly so many digits; `.999` drops trailing zeros. */
  | { readonly kind: 'fraction'; readonly mark: string; readonly digits: number; readonly exact: boolean };

const named: Readonly<Record<string, string>> = {
  ANSIC: 'Mon Jan _2 15:04:05 2006',
  UnixDate: 'Mon Jan _2 15:04:05 MST 2006',
  RubyDate: 'Mon Jan 02 15:04:05 -0700 2006',
  RFC822: '02 Jan 06 15:04 MST',
  RFC822Z: '02 Jan 06 15:04 -0700',
  RFC850: 'Monday, 02-Jan-06 15:04:05 MST',
  RFC1123: 'Mon, 02 Jan 2006 15:04:05 MST',
  RFC1123Z: 'Mon, 02 Jan 2006 15:04:05 -0700',
  RFC3339: '2006-01-02T15:04:05Z07:00',
  RFC3339Nano: '2006-01-02T15:04:05.999999999Z07:00',
};

const zones = '070000|07:00:00|0700|07:00|07';
const elements = new RegExp(
  'January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|__2|_2(?!006)|3|4|5|PM|pm|' +
    `-(?:${zones})|Z(?:${zones})|[.,](?:0+|9+)(?!\\d)`,
  'g',
);

/** Splits a layout, given by text or by one of the names OPA knows, into its pieces. */
export function parseLayout(nameOrLayout: string): readonly LayoutPiece[] {
  const layout = Object.hasOwn(named, nameOrLayout) ? (named[nameOrLayout] ?? '') : nameOrLayout;
  const pieces: LayoutPiece[] = [];
  let end = 0;
  for (const match of layout.matchAll(elements)) {
    if (match.index > end) pieces.push({ kind: 'text', text: layout.slice(end, match.index) });
    pieces.push(pieceOf(match[0]));
    end = match.index + match[0].length;
  }
  if (end < layout.length) pieces.push({ kind: 'text', text: layout.slice(end) });
  return pieces;
}

function pieceOf(element: string): LayoutPiece {
  const [mark = ''] = element;
  if (mark !== '.' && mark !== ',') return { kind: 'element', element };
  return { kind: 'fraction', mark, digits: element.length - 1, exact: element[1] === '0' };
}
