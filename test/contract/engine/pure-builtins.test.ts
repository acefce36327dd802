import { expect, test } from 'vitest';
import { runOpa } from '../../../scripts/policies/opa.js';
import { momentaryBuiltins, pureBuiltins } from '../../../src/policy/plan/pure-builtins.js';

interface Capabilities {
  readonly builtins: readonly { readonly name: string; readonly nondeterministic?: boolean }[];
}

/** OPA does not mark them, although the time of day, the network or a time that they are given decides. */
const impureAllTheSame = [
  'crypto.x509.parse_and_verify_certificates',
  'crypto.x509.parse_and_verify_certificates_with_options',
  'internal.test_case',
  'providers.aws.sign_req',
];

test('the built-in functions taken for pure are those of OPA that are neither marked otherwise nor known better', async () => {
  const { stdout } = await runOpa('.', ['capabilities', '--current']);
  const { builtins } = JSON.parse(stdout) as Capabilities;
  const marked = builtins.filter(({ nondeterministic }) => nondeterministic).map(({ name }) => name);
  const all = builtins.map(({ name }) => name);
  const impure = new Set([...marked, ...impureAllTheSame]);
  expect(marked).toContain('time.now_ns');
  expect([...pureBuiltins].sort()).toEqual(all.filter((name) => !impure.has(name)).sort());
  expect([...momentaryBuiltins].filter((name) => !impure.has(name))).toEqual([]);
});
