import { expect, test } from 'vitest';
import { parseArguments } from '../../../src/cli/arguments.js';
import { bundleUsage } from '../../../src/cli/bundle/usage.js';

test.each([
  ['bundle check policies', { action: 'check', operand: 'policies', options: { target: 'wasm', entrypoints: [] } }],
  ['bundle check p -e a/b -e c --entrypoint a/b', { options: { entrypoints: ['a/b', 'c'] } }],
  ['bundle check p --exclude ./examples/ --allow format', { options: { exclude: ['examples'], allow: ['format'] } }],
  ['bundle test p --coverage 97.5', { action: 'test', options: { coverage: 97.5 } }],
  ['bundle build p -o b.tar.gz', { options: { output: 'b.tar.gz', revision: 'auto', skipTests: false } }],
  ['bundle build p -o b -r 1.2 -t rego --root a', { options: { revision: '1.2', target: 'rego', roots: ['a'] } }],
  ['bundle sign b --key k', { options: { algorithm: 'RS256', keyId: 'default', key: 'k' } }],
  ['bundle verify b --key k --algorithm ES512 --scope s', { options: { algorithm: 'ES512', scope: 's' } }],
  ['bundle inspect b --json', { operand: 'b', options: { json: true } }],
  ['bundle diff a b --decisions c', { operand: 'a', second: 'b', options: { decisions: 'c' } }],
])('portcullis %s', (line, value) => {
  expect(parseArguments(line.split(' '))).toMatchObject({ ok: true, value: { command: 'bundle', ...value } });
});

test.each([['bundle help'], ['bundle --help'], ['bundle check -h']])('portcullis %s', (line) => {
  expect(parseArguments(line.split(' '))).toEqual({ ok: true, value: { command: 'bundle-help' } });
});

test.each([
  ['bundle', 'bundle needs one of check, test, build, sign, verify, inspect, diff'],
  ['bundle biuld p', 'unknown bundle command "biuld"; did you mean "build"?'],
  ['bundle check', 'bundle check needs DIR'],
  ['bundle diff a', 'bundle diff needs FILE and FILE'],
  ['bundle check a b', 'unexpected argument "b"'],
  ['bundle build a', 'bundle build needs --output FILE'],
  ['bundle sign a', 'bundle sign needs --key FILE'],
  ['bundle verify a', 'bundle verify needs --key FILE'],
  ['bundle check a --key k', 'bundle check takes no --key'],
  ['bundle test a --skip-tests', 'bundle test takes no --skip-tests'],
  ['bundle verify a --key k --algorithm none', '--algorithm is one of HS256, '],
  ['bundle check a --target plan', '--target is one of wasm, rego, both, not "plan"'],
  ['bundle check a --allow everything', '--allow is one of format, '],
  ['bundle test a --coverage 101', '--coverage needs a number from 0 to 100'],
  ['bundle test a --coverage -1', "'--coverage' argument is ambiguous"],
  ['bundle build a -o', "Option '-o, --output <value>' argument missing"],
  ['bundle build a -o=', '--output needs a value'],
  ['bundle check a -e /b', '--entrypoint needs a rule path'],
  ['bundle build a -o b -r \u001b[31m', '--revision needs a text of printable ASCII'],
  ['--config c bundle check a', 'bundle comes before its options'],
])('%j is refused', (line, error) => {
  const parsed = parseArguments(line.split(' ').map((word) => (word === '-o=' ? '--output=' : word)));
  expect(parsed).toEqual({ ok: false, error: expect.stringContaining(error) });
});

test('the usage names every action', () => {
  for (const action of ['check', 'test', 'build', 'sign', 'verify', 'inspect', 'diff']) {
    expect(bundleUsage).toContain(`\n  ${action} `);
  }
});
