/** What the `Cookie` lines of a request hold under one name: none, one value, or more than one. */
export function cookieValues(lines: readonly string[], name: string): readonly string[] {
  return lines.flatMap(pairs).flatMap(([known, value]) => (known === name ? [value] : []));
}

/** The lines without the cookies of these names, as one line; undefined when nothing is left. */
export function withoutCookies(lines: readonly string[], names: ReadonlySet<string>): string | undefined {
  const kept = lines
    .flatMap((line) => line.split(';'))
    .filter((part) => part.trim() !== '' && !names.has(nameOf(part)));
  return kept.length === 0 ? undefined : kept.map((part) => part.trim()).join('; ');
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
