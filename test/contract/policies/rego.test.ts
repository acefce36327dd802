import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { policies } from '../../../scripts/policies/gateway.js';
import { runOpa } from '../../../scripts/policies/opa.js';

const fixtures = fileURLToPath(new URL('../../fixtures/policies', import.meta.url));

interface RegoTest {
  readonly package: string;
  readonly name: string;
  readonly fail?: boolean;
  readonly error?: unknown;
  readonly skip?: boolean;
  readonly sub_results?: Readonly<Record<string, { readonly fail?: boolean }>>;
}

const outcome = await runOpa(policies, ['test', '-b', '.', '--timeout', '60s', '--format', 'json']);
if (!outcome.stdout.startsWith('[')) throw new Error(`opa test: ${outcome.stderr}${outcome.stdout}`);
const tests = JSON.parse(outcome.stdout) as readonly RegoTest[];

/** `test_c_23_put_car` shows row C-23. */
function rowOf(name: string): string | undefined {
  const found = /^test_([a-f])_(\d\d)_/.exec(name);
  return found?.[1] === undefined ? undefined : `${found[1].toUpperCase()}-${found[2]}`;
}

function failuresOf(group: readonly RegoTest[]): readonly string[] {
  return group
    .filter((one) => one.fail || one.skip || one.error !== undefined)
    .map((one) => {
      const cases = Object.entries(one.sub_results ?? {}).filter(([, result]) => result.fail);
      return [`${one.package}.${one.name}`, ...cases.map(([name]) => name)].join(': ');
    });
}

const rows = [...new Set(tests.flatMap((one) => rowOf(one.name) ?? []))].sort();

test.each(rows)('%s the Rego tests of the row pass', (row) => {
  expect(failuresOf(tests.filter((one) => rowOf(one.name) === row))).toEqual([]);
});

test('the Rego tests of no row pass', () => {
  const rest = tests.filter((one) => rowOf(one.name) === undefined);
  expect(rest.length).toBeGreaterThan(0);
  expect(failuresOf(rest)).toEqual([]);
});

test('every row of the truth tables has a Rego test', () => {
  const users = [10, 11, 12, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33].map((number) => `A-${number}`);
  const demo = [1, 2, 3, 4, 5, 6].map((number) => `B-0${number}`);
  const carstore = [20, 21, 22, 23, 24, 25, 26, 27, 28].map((number) => `C-${number}`);
  expect(rows).toEqual(expect.arrayContaining([...users, ...demo, 'B-45', ...carstore]));
});

test("the car store's unit tests have the names that document C gives them", () => {
  const names = tests.filter((one) => one.package === 'data.carstore.authz_test').map((one) => one.name);
  expect(names).toEqual(
    expect.arrayContaining([
      'test_manager_put_allowed',
      'test_get_anonymous_allowed',
      'test_admin_delete_allowed',
      'test_car_admin_put_status_allowed',
      'test_car_admin_put_car_denied',
      'test_car_admin_delete_denied',
      'test_manager_put_status_denied',
    ]),
  );
});

test.each([
  ['policies', policies],
  ['fixtures', fixtures],
])('%s: opa check --strict and opa fmt have nothing to say', async (_name, folder) => {
  expect(await runOpa(folder, ['check', '--strict', '-b', '.'])).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await runOpa(folder, ['fmt', '--fail', '--list', '.'])).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('each line of each policy is covered by Rego tests', async () => {
  const { stdout } = await runOpa(policies, ['test', '-b', '.', '--timeout', '60s', '--coverage', '--format', 'json']);
  const { files } = JSON.parse(stdout) as { files: Record<string, { coverage?: number; not_covered?: unknown }> };
  const own = Object.entries(files).filter(([path]) => !path.endsWith('_test.rego'));
  expect(own.map(([path]) => path).sort()).toEqual([
    'carstore/authz.rego',
    'demo/authz.rego',
    'deployment/containers.rego',
    'deployment/network.rego',
    'deployment/objects.rego',
    'deployment/references.rego',
    'deployment/secrets.rego',
    'envoy/authz.rego',
    'examples/body.rego',
    'examples/header.rego',
    'examples/opening_hours.rego',
    'examples/owner_label.rego',
    'examples/source_address.rego',
    'lib/kubernetes/api/client.rego',
    'users/users.rego',
  ]);
  const uncovered = own.filter(([, { coverage }]) => coverage !== 100);
  expect(uncovered).toEqual([]);
});
