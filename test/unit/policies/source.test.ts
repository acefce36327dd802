import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSources } from '../../../scripts/policies/source.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-sources-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(path: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), `# ${path}`);
}

test('the bundle holds policies and data, without tests, examples and other files', async () => {
  const left = ['users/users_test.rego', 'examples/header.rego', 'gateway.tar.gz', 'README.md', 'users/notes.json'];
  for (const path of ['users/users.rego', 'carstore/data.json', 'carstore/authz.rego', ...left]) await write(path);
  const sources = await readSources(folder);
  expect(sources.map((source) => [source.path, source.bytes.toString()])).toEqual([
    ['carstore/authz.rego', '# carstore/authz.rego'],
    ['carstore/data.json', '# carstore/data.json'],
    ['users/users.rego', '# users/users.rego'],
  ]);
});
