import type { Spread } from '../measure/statistics.js';

/** A bar: a figure with its spread. */
export interface Bar {
  readonly label: string;
  readonly value: Spread;
  readonly emphasis: boolean;
}

const width = 860;
const labelWidth = 330;
const barHeight = 18;
const step = 28;
const top = 52;

/** A bar chart as SVG text; it carries its own colours, so that it reads on light and dark pages. */
export function barChart(title: string, bars: readonly Bar[], unit: (value: number) => string): string {
  const room = width - labelWidth - 110;
  const most = Math.max(...bars.map(({ value }) => value.high), Number.EPSILON);
  const x = (value: number) => labelWidth + (value / most) * room;
  const height = top + bars.length * step + 12;
  const rows = bars.map(({ emphasis, label, value }, index) => {
    const y = top + index * step;
    const middle = y + barHeight / 2;
    return [
      text(labelWidth - 8, middle + 4, label, 'end', emphasis),
      `<rect x="${labelWidth}" y="${y}" width="${fixed(x(value.median) - labelWidth)}" height="${barHeight}" rx="2" fill="${emphasis ? '#2f6fb0' : '#9db4c8'}"/>`,
      `<path d="M${fixed(x(value.low))} ${middle}H${fixed(x(value.high))}" stroke="#1b2a38" stroke-width="1.5"/>`,
      text(x(value.high) + 8, middle + 4, unit(value.median), 'start', emphasis),
    ].join('\n');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="${escapeText(title)}">
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="16" y="28" font-size="15" font-weight="600" fill="#1b2a38">${escapeText(title)}</text>
${rows.join('\n')}
</svg>
`;
}

function text(x: number, y: number, content: string, anchor: 'start' | 'end', bold: boolean): string {
  const weight = bold ? ' font-weight="600"' : '';
  return `<text x="${fixed(x)}" y="${y}" text-anchor="${anchor}" fill="#1b2a38"${weight}>${escapeText(content)}</text>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function escapeText(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
