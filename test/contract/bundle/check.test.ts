import { chmod, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bundle, bundleWith, folderWith, shop, shopPath } from './command.js';

/** The lines of the findings, without the folder and the summary. */
async function findingsOf(files: Readonly<Record<string, string>>, ...options: readonly string[]) {
  const folder = await folderWith(files);
  const { code, stderr } = await bundle('check', folder, ...options);
  const lines = stderr.split('\n').filter((line) => line.startsWith(folder));
  return { code, findings: lines.map((line) => line.slice(folder.length + 1)) };
}

test('B-41 check is content with a sound policy', async () => {
  const folder = await folderWith(shop);
  expect(await bundle('check', folder, '-e', shopPath)).toEqual({ code: 0, stdout: 'OK\n', stderr: '' });
});

describe('B-41 check names file and line of', () => {
  test('what OPA refuses in strict mode: unused names and deprecated built-ins', async () => {
    const rego = 'package a\n\nimport data.b\n\nallow if any([input.x])\n';
    const { code, findings } = await findingsOf({ 'a.rego': rego });
    expect(code).toBe(1);
    expect(findings).toEqual([
      'a.rego:3: import data.b unused (opa)',
      'a.rego:5: deprecated built-in function calls in expression: any (opa)',
    ]);
  });

  test('a text that is no Rego', async () => {
    const { code, findings } = await findingsOf({ 'a.rego': 'package a\n\nallow if {\n' });
    expect(code).toBe(1);
    expect(findings[0]).toMatch(/^a\.rego:\d+: .+ \(opa\)$/);
  });

  test('a module outside the roots of the manifest', async () => {
    const { code, findings } = await findingsOf({ ...shop, '.manifest': '{"roots": ["other"]}' });
    expect(code).toBe(1);
    expect(findings.join()).toContain('do not permit');
  });

  test('the first line that is not formatted', async () => {
    const { findings } = await findingsOf({ ...shop, 'shop/more.rego': 'package shop.more\n\na := 1\nb  :=  2\n' });
    expect(findings).toEqual(['shop/more.rego:4: is not formatted; opa fmt --write does it (format)']);
  });

  test('a package in the folder of another one', async () => {
    const { findings } = await findingsOf({ ...shop, 'shop/lib/more.rego': 'package shop.more\n\na := 1\n' });
    expect(findings).toEqual([
      'shop/lib/more.rego:1: the package shop.more does not begin with the folder shop/lib (package-folder)',
    ]);
  });

  test('a test that would be in the bundle', async () => {
    const { findings } = await findingsOf({ ...shop, 'shop/more.rego': 'package shop.more\n\ntest_a if 1 == 1\n' });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatch(/^shop\/more\.rego:3: test_a is a test .+ \(test-file\)$/);
  });

  test('a decision path without a default, and one whose default allows', async () => {
    const rego = 'package open\n\ndefault allow := {"allowed": true}\n\nallow if input.x\n';
    const files = { 'a.rego': 'package a\n\nallow if input.x == 1\n', 'open.rego': rego };
    const { findings } = await findingsOf(files, '-e', 'a/allow', '-e', 'open/allow');
    expect(findings).toEqual([
      'a.rego:3: the decision path a/allow has no default: it is undefined where no rule applies (missing-default)',
      'open.rego:3: the default of the decision path open/allow allows what no rule speaks of (default-allows)',
    ]);
  });

  test('each call of a built-in that the embedded engine lacks', async () => {
    const rego = `package a

default allow := false

allow if {
	input.x == sprintf("%s", ["y"])
	http.send({"method": "GET", "url": "http://127.0.0.1"}).status_code == 200
}

allow if net.lookup_ip_addr("localhost") == {"127.0.0.1"}
`;
    const { code, findings } = await findingsOf({ 'a.rego': rego }, '-e', 'a/allow');
    expect(code).toBe(1);
    expect(findings).toEqual([
      'a.rego:7: the embedded engine does not have http.send (embedded-builtin)',
      'a.rego:10: the embedded engine does not have net.lookup_ip_addr (embedded-builtin)',
    ]);
    expect((await findingsOf({ 'a.rego': rego })).findings).toEqual(findings);
    expect((await findingsOf({ 'a.rego': rego }, '--target', 'rego')).code).toBe(0);
  });

  test('a decision path that no rule has', async () => {
    const folder = await folderWith(shop);
    const { code, stderr } = await bundle('check', folder, '-e', 'shop/authz/nope');
    expect(code).toBe(1);
    expect(stderr).toContain('"shop/authz/nope" does not refer to a rule');
  });
});

test('a rule can be switched off by its name, and only by its name', async () => {
  const files = { 'b/a.rego': 'package a\n\nx := 1\n' };
  expect((await findingsOf(files)).code).toBe(1);
  expect((await findingsOf(files, '--allow', 'package-folder')).code).toBe(0);
  expect((await findingsOf(files, '--exclude', 'b', '--allow', 'package')).code).toBe(2);
});

test('what is excluded or hidden is not looked at', async () => {
  const folder = await folderWith({ ...shop, 'examples/bad.rego': 'package', '.cache/bad.rego': 'package' });
  await symlink('/', join(folder, '.cache/root'));
  await symlink('/', join(folder, 'examples/root'));
  expect((await bundle('check', folder)).code).toBe(1);
  expect(await bundle('check', folder, '--exclude', 'examples/')).toMatchObject({ code: 0, stderr: '' });
});

describe('without an OPA, one line says how to get it', () => {
  test('none on the PATH, whose relative entries do not count', async () => {
    const folder = await folderWith({ ...shop, 'bin/opa': '#!/bin/sh\necho "Version: 1.0.0"\n' });
    await chmod(join(folder, 'bin/opa'), 0o755);
    const path = relative(process.cwd(), join(folder, 'bin'));
    const { code, stderr } = await bundleWith({ PATH: `.:${path}` }, ['check', folder]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^portcullis bundle check: there is no opa on the PATH\. Install OPA 1\.0 or newer .+--opa PATH/,
    );
  });

  test.each([
    ['is not there', undefined],
    ['is something else', '#!/bin/sh\necho hello\n'],
    ['is too old', '#!/bin/sh\necho "Version: 0.70.0"\n'],
  ])('the one that is named %s', async (_case, script) => {
    const folder = await folderWith({ ...shop, ...(script !== undefined && { 'bin/opa': script }) });
    if (script !== undefined) await chmod(join(folder, 'bin/opa'), 0o755);
    const { code, stderr } = await bundle('check', folder, '--opa', join(folder, 'bin/opa'));
    expect(code).toBe(1);
    expect(stderr).toContain('Install OPA 1.0 or newer');
  });
});

test('a policy under test does not see the environment', async () => {
  const rego = 'package a_test\n\ntest_env if object.get(opa.runtime(), "env", {}) == {}\n';
  const folder = await folderWith({ ...shop, 'a_test.rego': rego });
  expect(await bundle('test', folder)).toMatchObject({ code: 0 });
});
