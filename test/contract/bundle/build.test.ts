import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Bundle } from '../../../src/policy/bundle/bundle.js';
import { defaultBundleLimits } from '../../../src/policy/bundle/bundle.js';
import { readArchive } from '../../../src/policy/bundle/read-archive.js';
import { readBundle } from '../../../src/policy/bundle/read-bundle.js';
import { policyReads } from '../../../src/policy/plan/policy-reads.js';
import { startOpa } from '../../support/opa-server.js';
import { post } from '../policies/data-api.js';
import { bundle, commitAll, folderWith, git, shop, shopPath, writeFiles } from './command.js';

const built = ['-e', shopPath, '-o'] as const;

async function filesOf(file: string): Promise<readonly string[]> {
  const files = await readArchive(await readFile(file), defaultBundleLimits);
  return files.ok ? files.value.map(({ path }) => path) : [files.error];
}

async function revisionOf(file: string): Promise<string | undefined> {
  const read = await readBundle(file);
  return read.ok ? read.value.manifest.revision : read.error.message;
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

test('C-40 C-41 B-41 one commit changes the app and its policy, and is the revision of the bundle', async () => {
  const repository = await folderWith({
    'app/server.js': 'export const routes = ["/cars"];\n',
    'policies/carstore_authz.rego': shop['shop/authz.rego'],
    'policies/carstore_authz_test.rego': shop['shop/authz_test.rego'],
    'policies/data.json': '{"shop": {"employees": ["alice"]}}\n',
  });
  const commit = commitAll(repository);
  const file = join(repository, 'bundle.tar.gz');
  const { code, stdout } = await bundle('build', join(repository, 'policies'), ...built, file);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(`^revision ${commit}\nsha256   [0-9a-f]{64}\n$`),
  });
  expect(await revisionOf(file)).toBe(commit);

  await writeFiles(repository, { 'app/server.js': '', 'policies/data.json': '{"shop": {"employees": []}}\n' });
  const [next] = [commitAll(repository)];
  const failing = await bundle('build', join(repository, 'policies'), ...built, join(repository, 'next.tar.gz'));
  expect(failing.code, 'its tests fail').toBe(1);
  expect(next).not.toBe(commit);
});

test('C-42 the bundle holds Rego, data, module and plan, and no tests', async () => {
  const folder = await folderWith(shop);
  const file = join(folder, 'bundle.tar.gz');
  expect(await bundle('build', folder, ...built, file, '-r', 'v1')).toMatchObject({ code: 0 });
  expect(await filesOf(file)).toEqual(['.manifest', 'plan.json', 'policy.wasm', 'shop/authz.rego', 'shop/data.json']);
  const read = await readBundle(file);
  const expected = { revision: 'v1', roots: [''], entrypoints: [shopPath] };
  expect(read.ok && read.value.manifest).toMatchObject(expected);
  expect(read.ok && policyReads(read.value, [shopPath])).toMatchObject({ fitsModule: true, fitsRules: true });
  expect(read.ok && read.value.data).toEqual({ shop: { employees: ['alice'] } });
});

test('C-42 an OPA server answers by the bundle that is built for it', async () => {
  const folder = await folderWith(shop);
  const file = join(folder, 'bundle.tar.gz');
  expect(await bundle('build', folder, ...built, file, '-r', 'v1', '--target', 'rego')).toMatchObject({ code: 0 });
  expect(await filesOf(file)).toEqual(['.manifest', 'plan.json', 'shop/authz.rego', 'shop/data.json']);
  const read = await readBundle(file);
  if (!read.ok) throw read.error;
  const fits = (bundle: Bundle) => policyReads(bundle, [shopPath]).fitsRules;
  const { plan, sources } = read.value;
  const [[path = '', text = ''] = []] = sources;
  expect(fits(read.value)).toBe(true);
  expect(fits({ ...read.value, sources: new Map([[path, `${text} `]]) }), 'with other rules').toBe(false);
  expect(fits({ ...read.value, sources: new Map([...sources, ['more.rego', text]]) }), 'with more rules').toBe(false);
  expect(fits({ ...read.value, plan: Buffer.concat([plan ?? Buffer.alloc(0), Buffer.from(' ')]) })).toBe(false);
  expect(fits({ ...read.value, manifest: { ...read.value.manifest, plannedFrom: undefined } })).toBe(false);
  const opa = await startOpa({ bundle: file });
  try {
    const input = { method: 'GET', user: 'alice' };
    expect(await post(opa, `/v1/data/${shopPath}`, { input })).toEqual({ result: true });
  } finally {
    await opa.stop();
  }
});

test('C-41 the same sources give the same bytes, wherever they are and whenever it is', async () => {
  const [first, second] = [await folderWith(shop), await folderWith(shop)];
  const files = [join(first, 'a.tar.gz'), join(second, 'b.tar.gz')] as const;
  await bundle('build', first, ...built, files[0], '-r', 'v1');
  await chmod(join(second, 'shop/authz.rego'), 0o600);
  await bundle('build', second, ...built, files[1], '-r', 'v1');
  expect(await readFile(files[0])).toEqual(await readFile(files[1]));
});

test('roots and metadata come from the manifest of the folder, or from the command line', async () => {
  const folder = await folderWith({ ...shop, '.manifest': '{"roots": ["shop"], "metadata": {"team": "a"}}' });
  const file = join(folder, 'bundle.tar.gz');
  await bundle('build', folder, ...built, file, '-r', 'v1');
  const read = await readBundle(file);
  expect(read.ok && read.value.manifest.roots).toEqual(['shop']);
  await bundle('build', folder, ...built, file, '-r', 'v1', '--root', 'shop/authz', '--root', 'shop/employees');
  const again = await readBundle(file);
  expect(again.ok && again.value.manifest.roots).toEqual(['shop/authz', 'shop/employees']);
});

test('decision paths may be marked in the Rego', async () => {
  const rego = shop['shop/authz.rego'].replace('default allow', '# METADATA\n# entrypoint: true\ndefault allow');
  const folder = await folderWith({ ...shop, 'shop/authz.rego': rego });
  const file = join(folder, 'bundle.tar.gz');
  expect(await bundle('build', folder, '-o', file, '-r', 'v1')).toMatchObject({ code: 0 });
  const read = await readBundle(file);
  expect(read.ok && read.value.manifest.entrypoints).toEqual([shopPath]);
});

test.each([
  ['a changed file', { 'shop/data.json': '{"employees": ["alice", "eve"]}\n' }, 'shop/data.json'],
  ['a file that is not committed', { 'shop/more.rego': 'package shop.more\n\na := 1\n' }, 'shop/more.rego'],
  ['a file that git is told to ignore', { 'local/data.json': '{}\n' }, 'local/data.json'],
  ['a changed test', { 'shop/authz_test.rego': `${shop['shop/authz_test.rego']}\n# more\n` }, 'shop/authz_test.rego'],
])('C-41 %s is not the commit', async (_case, change, name) => {
  const folder = await folderWith({ ...shop, '.gitignore': 'local\n*.tar.gz\n' });
  const commit = commitAll(folder);
  const file = join(folder, 'bundle.tar.gz');
  await writeFiles(folder, change);
  const refused = await bundle('build', folder, ...built, file);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`not what the commit holds: ${name}.`);
  expect(await isThere(file)).toBe(false);
  expect(await bundle('build', folder, ...built, file, '--allow-dirty')).toMatchObject({ code: 0 });
  expect(await revisionOf(file)).toBe(`${commit}-dirty`);
});

test('C-41 a file that is gone is not the commit, whatever the index says', async () => {
  const folder = await folderWith({ ...shop, 'shop/more.rego': 'package shop.more\n\na := 1\n' });
  commitAll(folder);
  git(folder, 'update-index', '--skip-worktree', 'shop/data.json');
  await writeFile(join(folder, 'shop/data.json'), '{"employees": ["alice", "eve"]}');
  git(folder, 'rm', '--quiet', '--cached', 'shop/more.rego');
  expect(git(folder, 'status', '--porcelain')).not.toContain('data.json');
  const { code, stderr } = await bundle('build', folder, ...built, join(folder, 'bundle.tar.gz'));
  expect(code).toBe(1);
  expect(stderr).toContain('not what the commit holds: shop/data.json.');
});

test('C-41 outside a repository the revision must be named', async () => {
  const folder = await folderWith(shop);
  const { code, stderr } = await bundle('build', folder, ...built, join(folder, 'bundle.tar.gz'));
  expect(code).toBe(1);
  expect(stderr).toContain('name a revision: --revision TEXT');
});

test.each([
  [
    '--skip-tests',
    'C-42 nothing is built when a test fails',
    { 'shop/more_test.rego': 'package shop.more_test\n\ntest_a if 1 == 2\n' },
  ],
  [
    '--skip-tests',
    'C-42 nothing is built when there are no tests',
    { 'shop/authz_test.rego': 'package shop.authz_test\n' },
  ],
  [
    '--skip-check',
    'B-41 nothing is built when the check finds something',
    { 'shop/more.rego': 'package shop.more\n\na  := 1\n' },
  ],
])('%s: %s', async (option, _title, change) => {
  const folder = await folderWith({ ...shop, ...change });
  const file = join(folder, 'bundle.tar.gz');
  expect((await bundle('build', folder, ...built, file, '-r', 'v1')).code).toBe(1);
  expect(await isThere(file)).toBe(false);
  const skipped = await bundle('build', folder, ...built, file, '-r', 'v1', option);
  expect(skipped.code).toBe(0);
  expect(skipped.stderr).toContain(`(${option})`);
});

test('C-42 nothing is built when the tests reach too little', async () => {
  const more = 'package shop.more\n\ndefault open := false\n\nopen if input.a == 1\n';
  const folder = await folderWith({ ...shop, 'shop/more.rego': more });
  const file = join(folder, 'bundle.tar.gz');
  expect((await bundle('build', folder, ...built, file, '-r', 'v1', '--coverage', '100')).code).toBe(1);
  expect(await isThere(file)).toBe(false);
});

test('a bundle that was there stays when the next one cannot be built', async () => {
  const folder = await folderWith(shop);
  const file = join(folder, 'bundle.tar.gz');
  await bundle('build', folder, ...built, file, '-r', 'v1');
  await writeFiles(folder, { 'shop/data.json': '{"employees": []}\n' });
  expect((await bundle('build', folder, ...built, file, '-r', 'v2')).code).toBe(1);
  expect(await revisionOf(file)).toBe('v1');
});

test('YAML that OPA reads differently is refused', async () => {
  const folder = await folderWith({ ...shop, 'limits/data.yaml': 'daily: 017\n' });
  const { code, stderr } = await bundle('build', folder, ...built, join(folder, 'bundle.tar.gz'), '-r', 'v1');
  expect(code).toBe(1);
  expect(stderr).toContain('OPA reads other data');
});

test('YAML that OPA reads alike is taken as it is', async () => {
  const yaml = 'daily: 17\nrate: 0.25\nbig: 1e3\nname: "ä"\nnone: ~\nlist: [yes, true, 2020-01-01]\n';
  const folder = await folderWith({ ...shop, 'limits/data.yaml': yaml });
  const file = join(folder, 'bundle.tar.gz');
  const { code, stderr } = await bundle('build', folder, ...built, file, '-r', 'v1');
  expect(code, stderr).toBe(0);
  expect(await filesOf(file)).toContain('limits/data.yaml');
});

test.each([
  ['a compiled module', { 'policy.wasm': '' }, 'policy.wasm is not a source'],
  ['nothing of a policy', { 'readme.md': '' }, 'neither Rego nor data'],
])('a folder with %s is no source of a bundle', async (_case, files, reason) => {
  const folder = await folderWith(files);
  const { code, stderr } = await bundle('build', folder, ...built, join(folder, 'bundle.tar.gz'), '-r', 'v1');
  expect(code).toBe(1);
  expect(stderr).toContain(reason);
});
