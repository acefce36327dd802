import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type GeneratedPage, generatedPages } from './docs/pages.js';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const root = new URL('../', import.meta.url);

async function isCurrent(page: GeneratedPage): Promise<boolean> {
  const text = await readFile(new URL(page.path, root), 'utf8').catch(() => undefined);
  return text === page.text;
}

for (const page of generatedPages()) {
  if (await isCurrent(page)) continue;
  if (values.check) {
    console.error(`${page.path} is out of date: run \`npm run docs\``);
    process.exitCode = 1;
  } else {
    await writeFile(new URL(page.path, root), page.text);
    console.log(`wrote ${page.path}`);
  }
}
