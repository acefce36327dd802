/** What the `Cookie` lines of a request hold under one name: none, one value, or more than one. */
export function cookieValues(lines: readonly string[], name: string): readonly string[] {
  return lines.flatMap(pairs).flatMap(([known, value]) => (known === name ? [value] : []));
}

/**
 * Whether such a cookie stands behind a comma. So Envoy hands over a second `Cookie` line, which no browser sends over
 * HTTP/1 (RFC 6265, section 5.4), while a backend may read the lines apart: it would see a cookie that we do not.
 */
export function hidesCookie(lines: readonly string[], name: string): boolean {
  return lines.flatMap(pairs).some(([, value]) => afterCommas(value).includes(name));
}

/** The lines without the cookies of these names, as one line; undefined when nothing is left. */
export function withoutCookies(lines: readonly string[], names: ReadonlySet<string>): string | undefined {
  const kept = lines.flatMap((line) => line.split(';')).filter((part) => part.trim() !== '' && !holds(part, names));
  return kept.length === 0 ? undefined : kept.map((part) => part.trim()).join('; ');
}

function holds(part: string, names: ReadonlySet<string>): boolean {
  return names.has(nameOf(part)) || afterCommas(part).some((name) => names.has(name));
}

/** What would be names of cookies, if the commas stood between two lines. */
function afterCommas(text: string): string[] {
  return text.split(',').slice(1).map(nameOf);
}

function pairs(line: string): [name: string, value: string][] {
  return line.split(';').map((part) => {
    const equals = part.indexOf('=');
    return [nameOf(part), equals < 0 ? '' : part.slice(equals + 1).trim()];
  });
}

function nameOf(part: string): string {
  return (part.split('=', 1)[0] ?? '').trim();
}
