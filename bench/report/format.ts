import type { Spread } from '../measure/statistics.js';

/** A Markdown table; all columns but the first are aligned to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export const missing = '–';

/** A ratio and how far it spread over the rounds: `2.31× (2.2–2.4)`. */
export function ratioText(ratio: Spread | undefined): string {
  if (ratio === undefined || Number.isNaN(ratio.median)) return missing;
  return `${ratio.median.toFixed(2)}× (${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)})`;
}

export function numberText(value: number | undefined, digits = 0): string {
  if (value === undefined || !Number.isFinite(value)) return missing;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
