/** Escapes what has a meaning in a pattern, as Go's `regexp.QuoteMeta`. */
export function quotePattern(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

/**
 * The pattern of a template such as `urn:foo:{.*}`: what stands between the delimiters is a
 * pattern, the rest is text. Undefined where the delimiters do not pair or a part is no pattern.
 */
export function templatePattern(
  template: string,
  start: string,
  end: string,
  isPattern: (source: string) => boolean,
): string | undefined {
  let level = 0;
  let from = 0;
  let open = 0;
  let pattern = '^';
  for (let at = 0; at < template.length; at++) {
    if (template[at] === start) {
      if (++level === 1) open = at;
    } else if (template[at] === end) {
      if (--level < 0) return undefined;
      if (level > 0) continue;
      const part = template.slice(open + 1, at);
      if (!isPattern(`^${part}$`)) return undefined;
      pattern += `${quotePattern(template.slice(from, open))}(${part})`;
      from = at + 1;
    }
  }
  return level === 0 ? `${pattern}${quotePattern(template.slice(from))}$` : undefined;
}
