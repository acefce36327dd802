import type { Match, Pattern } from './pattern.js';

const reference = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

/** Go's `Expand`: `$1`, `${1}`, `$name`, `${name}`, and `$$` for a dollar sign. Unknown groups are empty. */
export function expandReplacement(template: string, text: string, match: Match, pattern: Pattern): string {
  return template.replace(reference, (whole, braced: string | undefined, plain: string | undefined) => {
    if (whole === '$$') return '$';
    const span = match[groupIndex(braced ?? plain ?? '', pattern) ?? match.length];
    return span === undefined ? '' : text.slice(span[0], span[1]);
  });
}

function groupIndex(name: string, pattern: Pattern): number | undefined {
  return /^(?:0|[1-9]\d{0,7})$/.test(name) ? Number(name) : pattern.groupNames.get(name);
}
