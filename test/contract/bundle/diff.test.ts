import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundle, folderWith, shop, shopPath } from './command.js';

const authz = shop['shop/authz.rego'];

async function built(files: Readonly<Record<string, string>>, revision: string): Promise<string> {
  const folder = await folderWith(files);
  const file = join(folder, `${revision}.tar.gz`);
  const outcome = await bundle('build', folder, '-e', shopPath, '-r', revision, '--skip-tests', '-o', file);
  expect(outcome.code, outcome.stderr).toBe(0);
  return file;
}

const before = { ...shop, 'shop/old.rego': 'package shop.old\n\nlimit := 1\n' };

const after = {
  ...shop,
  // A comment and other places are no change.
  'shop/authz.rego': `# Who may read.\n${authz.replace('"GET"', '"PUT"')}\nadmin if input.user == "root"\n`,
  'shop/data.json': '{"employees": ["alice", "bob"], "open": true}\n',
};

test('diff names the rules and the data that differ', async () => {
  const { code, stdout } = await bundle('diff', await built(before, 'v1'), await built(after, 'v2'));
  expect(code).toBe(0);
  expect(stdout).toBe(`revision  v1 -> v2
rules
  + data.shop.authz.admin  shop/authz.rego:11
  ~ data.shop.authz.allow  shop/authz.rego:4
  - data.shop.old.limit  shop/old.rego:3
data
  ~ data.shop.employees
  + data.shop.open
`);
});

test('a moved rule and another comment are no difference', async () => {
  const moved = { ...shop, 'shop/authz.rego': authz.replace('package', '# Who may read.\npackage') };
  const { stdout } = await bundle('diff', await built(shop, 'v1'), await built(moved, 'v1'));
  expect(stdout).toBe('revision  v1 -> v1\nrules\n  the same\ndata\n  the same\n');
});

test('diff --decisions names the recorded inputs that are answered differently', async () => {
  const [first, second] = [await built(before, 'v1'), await built(after, 'v2')];
  const recorded = `${first}.jsonl`;
  const inputs = [
    { path: shopPath, input: { method: 'GET', user: 'alice' } },
    { path: shopPath, input: { method: 'DELETE', user: 'alice' } },
    { path: shopPath, input: { method: 'PUT', user: 'bob' }, decision_id: 'other members do not matter' },
    { path: 'shop/authz/nope', input: {} },
  ];
  await writeFile(recorded, `${inputs.map((line) => JSON.stringify(line)).join('\n\n')}\n`);
  const { code, stdout } = await bundle('diff', first, second, '--decisions', recorded);
  expect(code).toBe(0);
  expect(stdout).toContain(`answers (2 of 4 change)
  line 1  ${shopPath}  true -> false
  line 5  ${shopPath}  false -> true
`);
  const json = await bundle('diff', first, second, '--decisions', recorded, '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({
    revisions: ['v1', 'v2'],
    answers: { asked: 4, changed: [{ line: 1, before: { value: true }, after: { value: false } }, { line: 5 }] },
  });
});

test.each([
  ['no JSON', 'x\n', 'line 1'],
  ['no path', '{"input": {}}\n', 'line 1 has no path'],
  ['no input', '{"path": "a", "input": {}}\n{"path": "a"}\n', 'line 2 has no input'],
])('a recording with %s is refused with its line', async (_case, text, reason) => {
  const file = await built(shop, 'v1');
  await writeFile(`${file}.jsonl`, text);
  const { code, stderr } = await bundle('diff', file, file, '--decisions', `${file}.jsonl`);
  expect(code).toBe(1);
  expect(stderr).toContain(reason);
});
