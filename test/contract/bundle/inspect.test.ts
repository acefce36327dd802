import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundle, bundleWith, folderWith, shop, shopPath } from './command.js';
import { keyFiles } from './keys.js';

const fetching = {
  ...shop,
  'shop/more.rego': `package shop.more

open if {
	sprintf("%v", [input.a]) == "1"
	http.send({"method": "GET", "url": "http://127.0.0.1"}).status_code == 200
}
`,
};

async function built(...options: readonly string[]) {
  const folder = await folderWith(fetching);
  const file = join(folder, 'bundle.tar.gz');
  const outcome = await bundle('build', folder, '-r', 'v1', '-o', file, '-e', shopPath, ...options);
  expect(outcome.code, outcome.stderr).toBe(0);
  return { file, folder };
}

const called = ['-e', 'shop/more/open', '--skip-check'] as const;

test('B-41 inspect shows revision, decision paths, packages, rules, data, engine and signature', async () => {
  const { file, folder } = await built();
  const key = await keyFiles(folder, 'ES256');
  await bundle('sign', file, '--key', key.signing, '--algorithm', 'ES256', '--scope', 'a');
  const { code, stdout } = await bundle('inspect', file);
  expect(code).toBe(0);
  expect(stdout.split('\n').map((line) => line.replace(/ +/g, ' ').trim())).toEqual(
    expect.arrayContaining([
      'revision v1',
      'roots all of data',
      `entrypoints ${shopPath}`,
      'signature ES256, key default, scope "a", 6 files (not verified)',
      'data data.shop (23 bytes)',
      'plan yes',
      'packages shop.authz: allow',
      'shop.more: open',
      'built-ins none but those of WebAssembly',
    ]),
  );
  expect(stdout).toMatch(/^engine +WebAssembly, \d+ bytes$/m);
});

test('inspect --json says the same to programs', async () => {
  const { file } = await built();
  const { stdout } = await bundle('inspect', file, '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    revision: 'v1',
    entrypoints: [shopPath],
    packages: [
      { package: 'shop.authz', files: ['shop/authz.rego'], rules: ['allow'] },
      { package: 'shop.more', files: ['shop/more.rego'], rules: ['open'] },
    ],
    data: [{ name: 'shop', bytes: 23 }],
    builtins: { needed: [], missing: [] },
    hasPlan: true,
  });
});

test('inspect names the built-in functions that are needed, and those that the embedded engine lacks', async () => {
  const { file } = await built('--target', 'rego', ...called);
  const { stdout } = await bundle('inspect', file);
  expect(stdout).toMatch(/^built-ins +http\.send \(the embedded engine does not have it\)\n +sprintf\n/m);
});

test('without an OPA, inspect shows the rest and says so', async () => {
  const { file } = await built();
  const { code, stderr, stdout } = await bundleWith({ PATH: '' }, ['inspect', file]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^packages +not known$/m);
  expect(stdout).toMatch(/^revision +v1$/m);
  expect(stderr).toMatch(/^not all is shown: there is no opa on the PATH\./);
});

test('a bundle for the embedded engine that it cannot serve is not built', async () => {
  const folder = await folderWith(fetching);
  const file = join(folder, 'bundle.tar.gz');
  const { code, stderr } = await bundle('build', folder, '-r', 'v1', '-o', file, '-e', shopPath, ...called);
  expect(code).toBe(1);
  expect(stderr).toContain('the embedded engine does not have http.send');
});

test('what is no bundle is refused in one line', async () => {
  const folder = await folderWith(shop);
  for (const name of ['shop/data.json', 'nothing.tar.gz', 'shop']) {
    const { code, stderr } = await bundle('inspect', join(folder, name));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^portcullis bundle inspect: .+\n$/);
  }
});
