import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundle, folderWith, shop } from './command.js';

test('B-41 C-42 test runs the tests of the policy and says what they reach', async () => {
  const folder = await folderWith(shop);
  const { code, stderr, stdout } = await bundle('test', folder, '--coverage', '100');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^3 passed, 0 failed, 0 skipped\n100\.0 % of \d+ lines are reached, 100 % asked for\n$/);
});

test('C-42 a failing test fails the command, with its place and the case that failed', async () => {
  const rego = `package shop.more_test

import data.shop.authz

test_users[user] if {
	some user in ["alice", "bob"]
	authz.allow with input as {"method": "GET", "user": user}
}
`;
  const folder = await folderWith({ ...shop, 'shop/more_test.rego': rego });
  const { code, stderr, stdout } = await bundle('test', folder);
  expect(code).toBe(1);
  expect(stdout).toContain('3 passed, 1 failed');
  expect(stderr).toContain(`${join(folder, 'shop/more_test.rego')}:5: data.shop.more_test.test_users (bob)`);
  expect(stderr).toContain('the tests do not pass');
});

test('B-41 the lines that no test reaches stand in a table, and too many of them fail the command', async () => {
  const more = 'package shop.more\n\ndefault open := false\n\nopen if {\n\tinput.a == 1\n\tinput.b == 2\n}\n';
  const folder = await folderWith({ ...shop, 'shop/more.rego': more });
  const { code, stdout } = await bundle('test', folder);
  expect(code).toBe(0);
  expect(stdout).toMatch(/\nfile +covered +lines that no test reaches\nshop\/more\.rego +0\.0 % +3, 5-7\n$/);
  const strict = await bundle('test', folder, '--coverage', '90');
  expect(strict.code).toBe(1);
  expect(strict.stderr).toMatch(/the tests reach \d+\.\d % of the lines, which is less than 90 %/);
});

test.each([
  ['there are no tests', { 'shop/authz_test.rego': 'package shop.authz_test\n' }, 'there are no tests'],
  [
    'a test is still to be written',
    { 'shop/todo_test.rego': 'package shop.todo_test\n\ntodo_test_a if true\n' },
    'skipped',
  ],
  ['a test file does not compile', { 'shop/bad_test.rego': 'package shop.bad_test\n\ntest_a if nope(1)\n' }, 'nope'],
])('C-42 it fails when %s', async (_case, files, reason) => {
  const folder = await folderWith({ ...shop, ...files });
  const { code, stderr } = await bundle('test', folder);
  expect(code).toBe(1);
  expect(stderr).toContain(reason);
});
