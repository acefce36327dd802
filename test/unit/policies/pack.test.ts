import { gunzipSync } from 'node:zlib';
import { Header } from 'tar';
import { expect, test } from 'vitest';
import { differences } from '../../../scripts/policies/differences.js';
import { pack } from '../../../scripts/policies/pack.js';
import { defaultBundleLimits } from '../../../src/policy/bundle/bundle.js';
import { readArchive } from '../../../src/policy/bundle/read-archive.js';

function file(path: string, text: string) {
  return { path, bytes: Buffer.from(text) };
}

const files = [file('b/data.json', '{"b":1}'), file('a/a.rego', 'x'.repeat(512)), file('empty', '')];

test('what is packed is read back, in the order of the names', async () => {
  const read = await readArchive(pack(files), defaultBundleLimits);
  expect(read).toEqual({
    ok: true,
    value: [
      { path: 'a/a.rego', content: Buffer.from('x'.repeat(512)) },
      { path: 'b/data.json', content: Buffer.from('{"b":1}') },
      { path: 'empty', content: Buffer.alloc(0) },
    ],
  });
});

test('the archive depends on nothing but names and contents', () => {
  const archive = pack(files);
  expect(pack([...files].reverse())).toEqual(archive);
  expect(archive.readUInt32LE(4), 'time in the gzip header').toBe(0);
  const header = new Header(gunzipSync(archive), 0);
  expect(header).toMatchObject({ path: '/a/a.rego', mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) });
});

test('a name that no plain header holds is refused', () => {
  expect(() => pack([file('n'.repeat(300), '')])).toThrow('too long');
});

test('differences names each file that is missing, new or changed', async () => {
  const kept = pack([file('same', '1'), file('changed', '1'), file('old', '1')]);
  const rebuilt = pack([file('same', '1'), file('changed', '2'), file('new', '1')]);
  expect(await differences(kept, rebuilt)).toEqual(['changed differs', 'new is missing', 'old should not be there']);
  expect(await differences(kept, kept)).toEqual([]);
});

test('differences refuses what is no bundle', async () => {
  await expect(differences(Buffer.from('no archive'), pack([]))).rejects.toThrow('cannot be read');
});
