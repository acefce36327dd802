import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { generatedPages } from '../../../scripts/docs/pages.js';
import { configKeys } from '../../../src/config/schema-keys.js';
import { errorCodes } from '../../../src/errors/portcullis-error.js';

const root = new URL('../../../', import.meta.url);

test.each(generatedPages().map(({ path, text }) => [path, text]))('%s is what the source says', async (path, text) => {
  expect(await readFile(new URL(path, root), 'utf8')).toBe(text);
});

test('each error code has its row', async () => {
  const page = await readFile(new URL('docs/errors.md', root), 'utf8');
  for (const [code, meaning] of Object.entries(errorCodes)) expect(page).toContain(`| \`${code}\` | ${meaning} |`);
});

test('each key has its row, with a description', async () => {
  const page = await readFile(new URL('docs/configuration.md', root), 'utf8');
  for (const { name, doc, isSection } of configKeys) {
    expect(doc, name).not.toBe('');
    if (!isSection) expect(page).toContain(`| \`${name}\` |`);
  }
});

test('the JSON Schema is JSON', async () => {
  expect(JSON.parse(await readFile(new URL('docs/config.schema.json', root), 'utf8'))).toHaveProperty('properties');
});
