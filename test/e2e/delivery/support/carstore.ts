import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commitAll, writeFiles } from '../../../contract/bundle/command.js';
import { keyFiles } from '../../../contract/bundle/keys.js';
import { repository } from '../../../support/portcullis-server.js';
import { temporaryFolder } from '../../../support/process.js';

/** The decision path of the car store, asked with its own shape of input. */
export const carstorePath = 'carstore/authz/allow';

/** The rules that the second version of the app brought with its status endpoint. */
const statusRule =
  /\nallow if \{\n\tinput\.method == "(?:GET|PUT)"\n\tinput\.path = \["cars", id, "status"\][\s\S]*?\n\}\n/g;

const firstTests = `package carstore.authz_test

import data.carstore.authz

car := ["cars", "some-car-id"]

test_manager_put_allowed if authz.allow with input as {"user": "alice", "method": "PUT", "path": car}

test_get_anonymous_allowed if authz.allow with input as {"user": "nobody", "method": "GET", "path": ["cars"]}

test_admin_delete_allowed if authz.allow with input as {"user": "alice", "method": "DELETE", "path": car}

test_stranger_put_denied if not authz.allow with input as {"user": "john", "method": "PUT", "path": car}

test_root_allowed if authz.allow with input as {"user": "", "method": "GET", "path": [""]}

test_look_allowed if authz.allow with input as {"user": "", "method": "GET", "path": car}

test_status_unknown if not authz.allow with input as {"user": "alice", "method": "GET", "path": ["cars", "x", "status"]}
`;

export interface CarStore {
  /** The repository with the app and its policy side by side. */
  readonly folder: string;
  readonly policies: string;
  readonly key: { readonly signing: string; readonly verification: string };
  /** Writes the app's first version or the one with the status endpoint, commits it, and returns the commit. */
  commit(version: 1 | 2): Promise<string>;
  /** Changes the policy by hand and commits that. */
  commitChange(change: (rego: string) => string): Promise<string>;
  remove(): Promise<void>;
}

/** A git repository of its own with the car store's app and policy, and a key to sign with. */
export async function carStore(): Promise<CarStore> {
  const folder = await temporaryFolder();
  const [repo, keys] = [join(folder.path, 'repository'), join(folder.path, 'keys')];
  const policies = join(repo, 'policies');
  await mkdir(keys);
  const shipped = join(repository, 'policies', 'carstore');
  const rego = await readFile(join(shipped, 'authz.rego'), 'utf8');
  const place = join(policies, 'carstore', 'authz.rego');
  await writeFiles(repo, {
    'app/cars.py': '# The app lies beside its policy.\n',
    'policies/.manifest': '{"roots": ["carstore"]}\n',
    'policies/carstore/data.json': await readFile(join(shipped, 'data.json'), 'utf8'),
  });
  return {
    folder: repo,
    policies,
    key: await keyFiles(keys, 'ES256'),
    commit: async (version) => {
      await writeFile(place, version === 1 ? rego.replaceAll(statusRule, '') : rego);
      const tests = join(policies, 'carstore', 'authz_test.rego');
      if (version === 1) await writeFile(tests, firstTests);
      else await cp(join(shipped, 'authz_test.rego'), tests);
      return commitAll(repo);
    },
    commitChange: async (change) => {
      await writeFile(place, change(await readFile(place, 'utf8')));
      return commitAll(repo);
    },
    remove: () => folder.remove(),
  };
}
