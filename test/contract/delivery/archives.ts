import { readFile } from 'node:fs/promises';
import { defaultBundleLimits } from '../../../src/policy/bundle/bundle.js';
import { readArchive } from '../../../src/policy/bundle/read-archive.js';
import { signBundle } from '../../../src/policy/signature/sign-bundle.js';
import { signingKey } from '../../../src/policy/signature/signing-key.js';
import { packBundle } from '../../../src/policy/workshop/pack.js';
import { buildBundle } from '../../support/policy-bundle.js';

export const shopPath = 'shop/authz/allow';

/** Who is an employee may look: a policy that needs data from elsewhere. */
const rego = `package shop.authz

default allow := false

allow if input.parsed_path == ["public"]

allow if {
	input.attributes.request.http.method == "GET"
	input.attributes.request.http.headers["x-name"] in data.shop.employees
}
`;

/** A bundle with the policy of the shop alone, which owns nothing but `shop/authz`. */
export async function shopPolicy(revision: string, text = rego): Promise<Buffer> {
  const file = await buildBundle({
    rego: { '.manifest': '{"roots": ["shop/authz"]}', 'shop/authz.rego': text },
    entrypoints: [shopPath],
    revision,
  });
  return readFile(file);
}

/** A bundle without a policy. */
export function employees(revision: string, names: readonly string[], roots = ['shop/employees']): Buffer {
  return pack({ '.manifest': { revision, roots }, 'shop/data.json': { employees: names } });
}

/** A delta bundle in OPA's format. */
export function delta(revision: string, changes: readonly object[]): Buffer {
  return pack({ '.manifest': { revision, roots: ['shop/employees'] }, 'patch.json': { data: changes } });
}

/** A bundle that lists the bundles to follow. */
export function discoveryBundle(revision: string, sources: readonly object[]): Buffer {
  return pack({ '.manifest': { revision, roots: ['bundles'] }, 'data.json': { bundles: { sources } } });
}

export function pack(files: Readonly<Record<string, unknown>>): Buffer {
  const entries = Object.entries(files).map(([path, value]) => ({ path, content: Buffer.from(JSON.stringify(value)) }));
  return unwrap(packBundle(entries));
}

/** The same archive with a signature by an ES256 key. */
export async function signed(archive: Buffer, key: string): Promise<Buffer> {
  const files = unwrap(await readArchive(archive, defaultBundleLimits));
  const signing = unwrap(signingKey(await readFile(key), 'ES256'));
  return unwrap(packBundle(unwrap(signBundle(files, { key: signing, keyId: 'default', scope: undefined }))));
}

/** The same archive with other data, under the signature it had. */
export async function tampered(archive: Buffer, data: unknown): Promise<Buffer> {
  const files = unwrap(await readArchive(archive, defaultBundleLimits));
  const content = Buffer.from(JSON.stringify(data));
  return unwrap(packBundle(files.map((file) => (file.path === 'data.json' ? { path: file.path, content } : file))));
}

function unwrap<Value>(
  result: { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: unknown },
): Value {
  if (!result.ok) throw new Error(String(result.error));
  return result.value;
}
