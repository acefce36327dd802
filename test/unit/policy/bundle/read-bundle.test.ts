import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JsonNumber } from '../../../../src/json/json.js';
import { type Bundle, defaultBundleLimits } from '../../../../src/policy/bundle/bundle.js';
import { readBundle } from '../../../../src/policy/bundle/read-bundle.js';
import { bundleArchive, type TarEntry, tarArchive } from './tar-archive.js';

let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-bundle-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function place(content: Buffer): Promise<string> {
  count += 1;
  const path = join(folder, `bundle-${count}.tar.gz`);
  await writeFile(path, content);
  return path;
}

async function placeFolder(files: Readonly<Record<string, string>>): Promise<string> {
  count += 1;
  const root = join(folder, `folder-${count}`);
  await mkdir(root);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return root;
}

const archive = async (entries: readonly TarEntry[]) => readBundle(await place(bundleArchive(entries)));

function bundleOf(result: Awaited<ReturnType<typeof readBundle>>): Bundle {
  if (!result.ok) throw result.error;
  return result.value;
}

function refusalOf(result: Awaited<ReturnType<typeof readBundle>>): string {
  return result.ok ? 'accepted' : `${result.error.code}: ${result.error.message}`;
}

const files = {
  '.manifest': '{"revision":"abc","roots":[""],"wasm":[{"entrypoint":"a/b","module":"/policy.wasm"}],"rego_version":1}',
  'data.json': '{"number":1.0,"roles":{"alice":["admin"]}}',
  'roles/data.json': '{"bob":["user"]}',
  'roles/more/data.yaml': 'large: 12345678901234567890\nlist: [1, two]\n',
  'a/b.rego': 'package a',
  'policy.wasm': '\0asm',
  'README.md': 'ignored',
};

describe('a sound bundle', () => {
  test.each([
    ['an archive of OPA, whose names begin with a slash', '/'],
    ['an archive of tar, whose names begin with ./', './'],
    ['an archive of plain names', ''],
    ['a folder', undefined],
  ])('is read from %s', async (_title, prefix) => {
    const entries = Object.entries(files).map(([path, content]) => ({ path: `${prefix}${path}`, content }));
    const folders: TarEntry[] = [{ path: `${prefix}roles/`, type: 'Directory' }];
    const result =
      prefix === undefined ? await readBundle(await placeFolder(files)) : await archive([...folders, ...entries]);
    const { data, manifest, sources, wasm } = bundleOf(result);
    expect(manifest).toEqual({ revision: 'abc', roots: [''], entrypoints: ['a/b'] });
    expect(data).toEqual({
      number: new JsonNumber('1.0'),
      roles: {
        alice: ['admin'],
        bob: ['user'],
        more: { large: new JsonNumber('12345678901234567890'), list: [new JsonNumber('1'), 'two'] },
      },
    });
    expect([...sources]).toEqual([['a/b.rego', 'package a']]);
    expect(Buffer.from(wasm ?? []).toString()).toBe('\0asm');
  });

  test('needs no manifest, data or module', async () => {
    const bundle = bundleOf(await archive([{ path: '/a.rego', content: 'package a' }]));
    expect(bundle.manifest).toEqual({ revision: undefined, roots: [''], entrypoints: [] });
    expect(Object.keys(bundle.data)).toEqual([]);
    expect(bundle.wasm).toBeUndefined();
  });

  test('keeps names that JavaScript gives a meaning', async () => {
    const content = '{"__proto__":{"admin":true},"constructor":1}';
    const { data } = bundleOf(await archive([{ path: '/x/data.json', content }]));
    expect(JSON.stringify(data)).toBe(`{"x":${content}}`);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test('may be an archive behind a symbolic link, as Kubernetes mounts it', async () => {
    const link = join(folder, 'link.tar.gz');
    await symlink(await place(bundleArchive([{ path: 'a.rego', content: 'package a' }])), link);
    expect((await readBundle(link)).ok).toBe(true);
  });
});

describe('nothing there', () => {
  test('is bundle_missing', async () => {
    expect(refusalOf(await readBundle(join(folder, 'nothing.tar.gz')))).toMatch(/^bundle_missing: .*ENOENT/);
  });
});

describe('an archive is refused that', () => {
  test.each<[string, readonly TarEntry[], string]>([
    ['climbs out', [{ path: '../../etc/data.json', content: '{}' }], 'does not stay inside'],
    ['climbs out behind a slash', [{ path: '/../data.json', content: '{}' }], 'does not stay inside'],
    ['climbs out in the middle', [{ path: 'a/../../data.json', content: '{}' }], 'does not stay inside'],
    ['uses backslashes', [{ path: 'a\\..\\data.json', content: '{}' }], 'not portable'],
    ['holds a symbolic link', [{ path: 'data.json', type: 'SymbolicLink', linkpath: '/etc/passwd' }], 'neither'],
    ['holds a hard link', [{ path: 'data.json', type: 'Link', linkpath: 'other' }], 'neither'],
    ['holds a device', [{ path: 'data.json', type: 'CharacterDevice' }], 'neither'],
    [
      'names a file twice',
      [
        { path: 'data.json', content: '{}' },
        { path: './data.json', content: '{"admin":true}' },
      ],
      'there twice',
    ],
    ['is a delta', [{ path: 'patch.json', content: '{}' }], 'delta'],
    [
      'has two modules',
      [
        { path: 'a.wasm', content: 'a' },
        { path: 'b.wasm', content: 'b' },
      ],
      'more than one',
    ],
    ['has a manifest that is not JSON', [{ path: '.manifest', content: '{' }], 'not JSON'],
    ['has a manifest of another kind', [{ path: '.manifest', content: '{"roots":"all"}' }], 'roots'],
    ['has data that is not JSON', [{ path: 'data.json', content: '{"a":' }], 'data.json'],
    ['has data that is no object', [{ path: 'a/data.json', content: '[]' }], 'a/data.json is not an object'],
    ['has YAML that is none', [{ path: 'data.yaml', content: 'a: [' }], 'data.yaml'],
    [
      'defines a value twice',
      [
        { path: 'data.json', content: '{"a":{"b":1}}' },
        { path: 'a/data.json', content: '{"b":2}' },
      ],
      'two files define data.a.b',
    ],
    [
      'has data outside its roots',
      [
        { path: '.manifest', content: '{"roots":["a/b"]}' },
        { path: 'data.json', content: '{"a":{"b":{"c":1},"d":2}}' },
      ],
      'data.a.d lies outside',
    ],
  ])('%s', async (_title, entries, reason) => {
    const refusal = refusalOf(await archive(entries));
    expect(refusal).toMatch(/^bundle_invalid: /);
    expect(refusal).toContain(reason);
  });

  const sound = tarArchive([{ path: 'data.json', content: '{}' }]);
  test.each<[string, Buffer]>([
    ['is empty', Buffer.alloc(0)],
    ['is not compressed', sound],
    ['is no tar', gzipSync('x'.repeat(2000))],
    ['is cut off in the compression', gzipSync(sound).subarray(0, -12)],
    ['is cut off in an entry', gzipSync(tarArchive([{ path: 'a.rego', content: 'x'.repeat(5000) }]).subarray(0, 2048))],
    ['is compressed twice', gzipSync(gzipSync(sound))],
  ])('%s', async (_title, content) => {
    expect(refusalOf(await readBundle(await place(content)))).toMatch(/^bundle_invalid: /);
  });

  test('grows beyond the limit when it is unpacked', async () => {
    const bomb = gzipSync(tarArchive([{ path: 'data.json', content: Buffer.alloc(8 * 1024 * 1024, ' ') }]));
    const limits = { ...defaultBundleLimits, maxContentBytes: 1024 * 1024 };
    expect(bomb.length).toBeLessThan(20_000);
    expect(refusalOf(await readBundle(await place(bomb), limits))).toContain('unpacks to more than 1048576 bytes');
  });

  test('is too large as it is', async () => {
    const limits = { ...defaultBundleLimits, maxArchiveBytes: 10 };
    expect(refusalOf(await readBundle(await place(gzipSync(sound)), limits))).toContain('larger than 10 bytes');
  });

  test('has too many entries', async () => {
    const entries = Array.from({ length: 6 }, (_, index) => ({ path: `${index}.rego`, content: 'package a' }));
    const limits = { ...defaultBundleLimits, maxEntries: 5 };
    const refusal = refusalOf(await readBundle(await place(bundleArchive(entries)), limits));
    expect(refusal).toContain('more than 5 entries');
  });
});

describe('a folder is refused that', () => {
  test('holds a symbolic link', async () => {
    const root = await placeFolder({ 'a.rego': 'package a' });
    await symlink('/etc/passwd', join(root, 'data.json'));
    expect(refusalOf(await readBundle(root))).toMatch(/^bundle_invalid: .*data\.json/);
  });

  test('is too large', async () => {
    const root = await placeFolder({ 'a.rego': 'x'.repeat(60), 'b.rego': 'x'.repeat(60) });
    const limits = { ...defaultBundleLimits, maxContentBytes: 100 };
    expect(refusalOf(await readBundle(root, limits))).toContain('larger than 100 bytes');
  });

  test('has too many entries', async () => {
    const root = await placeFolder({ 'a.txt': '', 'b/c.txt': '', 'd.txt': '' });
    const limits = { ...defaultBundleLimits, maxEntries: 3 };
    expect(refusalOf(await readBundle(root, limits))).toContain('more than 3 entries');
  });
});
