import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const read = (...path: string[]) => readFile(join(repository, ...path), 'utf8');

const known: readonly string[] = JSON.parse(await read('test', 'fixtures', 'cves.json'));
const [, shown = '', outOfReach = ''] = (await read('docs', 'cves.md')).split(/^## .*$/m);
const idsOf = (text: string) => [...new Set(text.match(/CVE-\d{4}-\d+/g) ?? [])].sort();

/** The numbers in the titles of tests, or in the tables that titles are made from. */
async function namedByTests(): Promise<readonly string[]> {
  const files = (await readdir(join(repository, 'test'), { recursive: true })).filter((name) =>
    name.endsWith('.test.ts'),
  );
  const texts = await Promise.all(files.map((name) => read('test', name)));
  return idsOf(texts.flatMap((text) => text.match(/(['"`])[^'"`\n]*CVE-\d{4}-\d+[^'"`\n]*\1/g) ?? []).join('\n'));
}

test('each known vulnerability is on the page, once as shown or once as out of reach', () => {
  expect([...idsOf(shown), ...idsOf(outOfReach)].sort()).toEqual([...known].sort());
});

test('what the page says is shown is named by a test', async () => {
  const named = await namedByTests();
  expect(idsOf(shown).filter((id) => !named.includes(id))).toEqual([]);
});

test('what is out of reach has a reason', () => {
  const rows = outOfReach.split('\n').filter((line) => line.startsWith('| CVE'));
  expect(rows).not.toEqual([]);
  for (const row of rows) expect(row.split('|').map((cell) => cell.trim())[3], row).toMatch(/\w+ \w+ \w+/);
});

test('the shipped configurations use nothing that the reasons exclude', async () => {
  for (const name of (await readdir(join(repository, 'envoy'))).filter((file) => file.endsWith('.yaml'))) {
    const text = await read('envoy', name);
    expect(text, name).not.toMatch(/upgrade_configs|connect_matcher|internal_redirect/);
    // The one that asks over HTTP says which Envoy it is for.
    if (name === 'gateway-http.yaml') expect(text).toMatch(/Envoy 1\.40 or newer/);
    else {
      expect(text, name).not.toMatch(/http_service/);
      expect(text.match(/grpc_service:/g), name).toHaveLength(1);
    }
  }
});
