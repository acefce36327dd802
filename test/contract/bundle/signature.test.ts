import { execFile } from 'node:child_process';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { findTool } from '../../../scripts/tools/find-tool.js';
import { type BundleFile, defaultBundleLimits } from '../../../src/policy/bundle/bundle.js';
import { readArchive } from '../../../src/policy/bundle/read-archive.js';
import { signatureAlgorithms } from '../../../src/policy/signature/jws.js';
import { packBundle } from '../../../src/policy/workshop/pack.js';
import { startOpa } from '../../support/opa-server.js';
import { post } from '../policies/data-api.js';
import { bundle, folderWith, shop, shopPath } from './command.js';
import { type KeyFiles, keyFiles } from './keys.js';

const run = promisify(execFile);

/** Data in which a reader or a writer of JSON could go wrong, so that the hashes would not agree. */
const data = `{
  "b": 1.0, "a": [1e3, -0, 12345678901234567890123, 0.10, 1E-7], "é": "<&>\\u2028\\u007f\\u0001\\/", "\\ud83d\\ude00": null,
  "\\uffee": {"z": {}, "": []}, "Z": true, "a b": "\\"\\\\\\b\\f\\n\\r\\t", "twice": 1, "twice": 2, "lone": "\\ud800"
}
`;

const sources = { ...shop, 'odd/data.json': data, 'more/data.yaml': 'n: 17\nf: 0.25\ns: text\nlist: [1, {a: b}]\n' };

/** OPA's own verification, as \`opa run -b\` has it too; resolves to its complaint, or to nothing. */
async function opaVerifies(file: string, key: string, algorithm: string, ...more: readonly string[]): Promise<string> {
  const options = ['--verification-key', key, '--signing-alg', algorithm, ...more];
  const outcome = run(await findTool('opa'), ['build', '-b', file, ...options, '-o', '/dev/null']);
  return outcome.then(
    () => '',
    (error: { stderr: string; stdout: string }) => `${error.stdout}${error.stderr}`,
  );
}

async function builtFor(target: 'rego' | 'wasm') {
  const folder = await folderWith(sources);
  const file = join(folder, 'bundle.tar.gz');
  const built = await bundle('build', folder, '-e', shopPath, '-r', 'v1', '-t', target, '-o', file);
  expect(built.code, built.stderr).toBe(0);
  return { folder, file };
}

async function opaSigned(folder: string, key: string, algorithm: string, ...more: readonly string[]): Promise<string> {
  const file = join(folder, 'opa.tar.gz');
  const signing = ['--signing-key', key, '--signing-alg', algorithm, '--ignore', '*.key', '--ignore', '*.pub'];
  await run(await findTool('opa'), ['build', '-b', '.', '-r', 'v1', ...signing, ...more, '-o', file], { cwd: folder });
  return file;
}

describe.each(signatureAlgorithms.map((algorithm) => [algorithm]))('%s', (algorithm) => {
  test('OPA verifies what bundle sign signs', async () => {
    const { file, folder } = await builtFor('rego');
    const key = await keyFiles(folder, algorithm);
    const signed = await bundle('sign', file, '--key', key.signing, '--algorithm', algorithm);
    expect(signed, signed.stderr).toMatchObject({ code: 0 });
    expect(await opaVerifies(file, key.verification, algorithm)).toBe('');
    expect(await bundle('verify', file, '--key', key.verification, '--algorithm', algorithm)).toMatchObject({
      code: 0,
    });
  });

  test('bundle verify verifies what OPA signs', async () => {
    const folder = await folderWith(sources);
    const key = await keyFiles(folder, algorithm);
    const file = await opaSigned(folder, key.signing, algorithm);
    const verified = await bundle('verify', file, '--key', key.verification, '--algorithm', algorithm);
    expect(verified, verified.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('OK: ') });
  });
});

test('bundle verify verifies a bundle that OPA compiled to WebAssembly and signed', async () => {
  const folder = await folderWith(shop);
  const key = await keyFiles(folder, 'ES256');
  const file = await opaSigned(folder, key.signing, 'ES256', '-t', 'wasm', '-e', shopPath, '--ignore', '*_test.rego');
  const verified = await bundle('verify', file, '--key', key.verification, '--algorithm', 'ES256');
  expect(verified, verified.stderr).toMatchObject({ code: 0 });
});

test('OPA verifies module and plan that bundle sign signs', async () => {
  const { file, folder } = await builtFor('wasm');
  const key = await keyFiles(folder, 'ES256');
  await bundle('sign', file, '--key', key.signing, '--algorithm', 'ES256');
  expect(await opaVerifies(file, key.verification, 'ES256')).toBe('');
});

test('an OPA server that demands signatures serves what bundle sign signs, by key name and scope', async () => {
  const { file, folder } = await builtFor('rego');
  const key = await keyFiles(folder, 'ES256');
  await bundle(
    'sign',
    file,
    '--key',
    key.signing,
    '--algorithm',
    'ES256',
    '--scope',
    'production',
    '--key-id',
    'release',
  );
  const config = join(folder, 'opa.json');
  const keys = { release: { algorithm: 'ES256', key: await readFile(key.verification, 'utf8') } };
  const resource = `file://${file}`;
  const bundles = { shop: { resource, signing: { scope: 'production' } } };
  await writeFile(config, JSON.stringify({ keys, bundles }));
  const opa = await startOpa({ args: ['--config-file', config] });
  try {
    const answer = await post(opa, `/v1/data/${shopPath}`, { input: { method: 'GET', user: 'alice' } });
    expect(answer).toEqual({ result: true });
  } finally {
    await opa.stop();
  }
});

describe('both OPA and bundle verify refuse', () => {
  type Spoil = (files: readonly BundleFile[]) => readonly BundleFile[];
  const replaced = (path: string, text: string): Spoil => {
    return (files) => files.map((file) => (file.path === path ? { path, content: Buffer.from(text) } : file));
  };
  const spoilt: [string, Spoil, RegExp][] = [
    [
      'changed Rego',
      replaced('shop/authz.rego', 'package shop.authz\n\nallow := true\n'),
      /"shop\/authz.rego" is not what/,
    ],
    ['changed data', replaced('shop/data.json', '{"employees": ["eve"]}'), /"shop\/data.json" is not what/],
    [
      'another revision',
      replaced('.manifest', '{"revision": "v2", "roots": [""], "rego_version": 1}'),
      /".manifest" is not/,
    ],
    [
      'a missing file',
      (files) => files.filter(({ path }) => path !== 'shop/data.json'),
      /"shop\/data.json" was signed and/,
    ],
    [
      'an additional file',
      (files) => [...files, { path: 'shop/more.rego', content: Buffer.from('package shop.more\n') }],
      /"shop\/more.rego" is not in its signature/,
    ],
    ['an unsigned bundle', (files) => files.filter(({ path }) => path !== '.signatures.json'), /it is not signed/],
  ];

  async function signedBundle(): Promise<{ file: string; key: KeyFiles; folder: string }> {
    const { file, folder } = await builtFor('rego');
    const key = await keyFiles(folder, 'ES256');
    await bundle('sign', file, '--key', key.signing, '--algorithm', 'ES256', '--scope', 'a');
    return { file, key, folder };
  }

  test.each(spoilt)('%s', async (_case, spoil, reason) => {
    const { file, key } = await signedBundle();
    const files = await readArchive(await readFile(file), defaultBundleLimits);
    const packed = packBundle(files.ok ? spoil(files.value) : []);
    await writeFile(file, packed.ok ? packed.value : '');
    const { code, stderr } = await bundle(
      'verify',
      file,
      '--key',
      key.verification,
      '--algorithm',
      'ES256',
      '--scope',
      'a',
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(reason);
    expect(await opaVerifies(file, key.verification, 'ES256', '--scope', 'a')).not.toBe('');
  });

  test('another key and another scope', async () => {
    const { file, folder, key } = await signedBundle();
    await copyFile(key.verification, join(folder, 'right.pub'));
    const right = ['--key', join(folder, 'right.pub'), '--algorithm', 'ES256'] as const;
    expect(await bundle('verify', file, ...right, '--scope', 'a')).toMatchObject({ code: 0 });
    for (const scope of [[], ['--scope', 'b']]) {
      const { code, stderr } = await bundle('verify', file, ...right, ...scope);
      expect(code).toBe(1);
      expect(stderr).toContain('its signature is for the scope "a"');
      expect(await opaVerifies(file, join(folder, 'right.pub'), 'ES256', ...scope)).toContain('scope mismatch');
    }
    const other = await keyFiles(folder, 'ES256');
    const wrong = await bundle('verify', file, '--key', other.verification, '--algorithm', 'ES256', '--scope', 'a');
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('does not fit the key');
    expect(await opaVerifies(file, other.verification, 'ES256', '--scope', 'a')).toContain('verify');
  });
});

test('what only differs in white space is the same to both', async () => {
  const { file, folder } = await builtFor('rego');
  const key = await keyFiles(folder, 'RS256');
  await bundle('sign', file, '--key', key.signing);
  const files = await readArchive(await readFile(file), defaultBundleLimits);
  const content = Buffer.from('{ "employees" : [ "alice" ] }');
  const packed = packBundle(
    (files.ok ? files.value : []).map((each) => (each.path === 'shop/data.json' ? { ...each, content } : each)),
  );
  await writeFile(file, packed.ok ? packed.value : '');
  expect(await bundle('verify', file, '--key', key.verification)).toMatchObject({ code: 0 });
  expect(await opaVerifies(file, key.verification, 'RS256')).toBe('');
});

test('signing again replaces the signature and leaves the other bytes', async () => {
  const { file, folder } = await builtFor('rego');
  const key = await keyFiles(folder, 'RS256');
  const unsigned = await readArchive(await readFile(file), defaultBundleLimits);
  await bundle('sign', file, '--key', key.signing, '--scope', 'a');
  await bundle('sign', file, '--key', key.signing, '--scope', 'b', '-o', join(folder, 'again.tar.gz'));
  const again = await readArchive(await readFile(join(folder, 'again.tar.gz')), defaultBundleLimits);
  const kept = again.ok ? again.value.filter(({ path }) => path !== '.signatures.json') : [];
  expect(kept).toEqual(unsigned.ok && unsigned.value);
  expect(again.ok && again.value.length).toBe(kept.length + 1);
});
