const widest = 120;

/** JSON text as the formatter of this repository leaves it: a list of plain values on one line if it fits. */
export function jsonText(value: unknown, indent = '', used = 0): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const line = `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
    const isPlain = value.every((item) => typeof item !== 'object' || item === null);
    if (isPlain && indent.length + used + line.length < widest) return line;
    return `[\n${value.map((item) => inner + jsonText(item, inner)).join(',\n')}\n${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (members.length === 0) return '{}';
  const lines = members.map(([name, member]) => {
    const key = `${JSON.stringify(name)}: `;
    return inner + key + jsonText(member, inner, key.length);
  });
  return `{\n${lines.join(',\n')}\n${indent}}`;
}
