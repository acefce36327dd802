/** The rows of each table in a Markdown text, cell by cell, without the heads. */
export function tables(text: string): string[][][] {
  const found: string[][][] = [];
  let rows: string[][] | undefined;
  for (const line of withoutCode(text).split('\n')) {
    if (!line.startsWith('|')) {
      rows = undefined;
      continue;
    }
    if (rows === undefined) {
      rows = [];
      found.push(rows);
    }
    rows.push(cells(line));
  }
  return found.map((table) => table.slice(2));
}

/** The table whose head is this. */
export function tableOf(text: string, ...head: string[]): string[][] {
  const at = text.indexOf(`| ${head.join(' | ')} |`);
  const [table] = at < 0 ? [] : tables(text.slice(at));
  if (table === undefined) throw new Error(`there is no table ${head.join(', ')}`);
  return table;
}

/** The texts between backquotes. */
export function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** The lines of the fenced blocks in this language. */
export function codeBlocks(text: string, language: string): string[] {
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'));
  return [...blocks].map(([, code = '']) => code.trim());
}

/** Where the links lead that stay in the repository. */
export function relativeLinks(text: string): string[] {
  const links = [...withoutCode(text).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target);
  return links.filter((target) => !/^[a-z]+:/i.test(target));
}

/** The anchors that the headings of a page have. */
export function anchors(text: string): string[] {
  const headings = withoutCode(text).match(/^#+ .*$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function cells(line: string): string[] {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

function withoutCode(text: string): string {
  return text.replace(/^```.*?^```/gms, '');
}
