import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BundleFile, defaultBundleLimits } from '../../../../src/policy/bundle/bundle.js';
import { readBundle } from '../../../../src/policy/bundle/read-bundle.js';
import { signBundle } from '../../../../src/policy/signature/sign-bundle.js';
import { packBundle } from '../../../../src/policy/workshop/pack.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const verification = { key: { algorithm: 'ES256', key: publicKey }, scope: '' } as const;

const files: readonly BundleFile[] = [
  { path: '.manifest', content: Buffer.from('{"revision":"v1","roots":[""]}') },
  { path: 'LICENSE', content: Buffer.from('anyone') },
  { path: 'a.rego', content: Buffer.from('package a\n') },
];

let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-verified-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function signed(): readonly BundleFile[] {
  const made = signBundle(files, { key: { algorithm: 'ES256', key: privateKey }, keyId: 'default', scope: undefined });
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

async function asArchive(bundle: readonly BundleFile[]): Promise<string> {
  const packed = packBundle(bundle);
  if (!packed.ok) throw new Error(packed.error);
  count += 1;
  const path = join(folder, `${count}.tar.gz`);
  await writeFile(path, packed.value);
  return path;
}

async function asFolder(bundle: readonly BundleFile[]): Promise<string> {
  const root = await mkdtemp(join(folder, 'bundle-'));
  for (const { content, path } of bundle) await writeFile(join(root, path), content);
  return root;
}

const code = async (path: string, verified = true) => {
  const read = await readBundle(path, defaultBundleLimits, verified ? verification : undefined);
  return read.ok ? read.value.manifest.revision : read.error.code;
};

test.each([
  ['archive', asArchive],
  ['folder', asFolder],
])('a signature is demanded of an %s', async (_kind, place) => {
  expect(await code(await place(signed()))).toBe('v1');
  expect(await code(await place(files))).toBe('bundle_unverified');
  expect(await code(await place(files), false)).toBe('v1');
  const more = { path: 'b.rego', content: Buffer.from('package b\n') };
  expect(await code(await place([...signed(), more]))).toBe('bundle_unverified');
  expect(await code(await place(signed().filter(({ path }) => path !== 'LICENSE')))).toBe('bundle_unverified');
});

test('a name that a plain tar header cannot hold is refused when packing', () => {
  const packed = packBundle([{ path: `${'a'.repeat(300)}.rego`, content: Buffer.alloc(0) }]);
  expect(packed).toMatchObject({ ok: false, error: expect.stringContaining('too long') });
});
