import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/json/json.js';
import type { Bundle } from '../../../../src/policy/bundle/bundle.js';
import { combineBundles } from '../../../../src/policy/follow/bundle-set.js';

const wasm = new Uint8Array([0]);

function bundle(roots: readonly string[], data: JsonObject, more: Partial<Bundle> = {}, revision = 'r'): Bundle {
  return { manifest: { revision, roots, entrypoints: [] }, data, sources: new Map(), wasm: undefined, ...more };
}

const combine = (bundles: Readonly<Record<string, Bundle>>) => combineBundles(new Map(Object.entries(bundles)));

const policy = bundle(['shop/authz'], {}, { wasm });

test('C-54 bundles with roots of their own are one policy, and its revision names each', () => {
  const employees = bundle(['shop/employees'], { shop: { employees: { alice: [] } } }, {}, '7');
  const combined = combine({ policy, employees });
  expect(combined).toMatchObject({ ok: true, value: { wasm, data: { shop: { employees: { alice: [] } } } } });
  expect(combined.ok && combined.value.manifest.revision).toBe('employees=7,policy=r');
});

test('C-54 one bundle is named by its revision alone', () => {
  const combined = combine({ policy });
  expect(combined.ok && combined.value.manifest.revision).toBe('r');
});

test.each([
  ['the same', ['shop'], ['shop']],
  ['one within the other', ['shop'], ['shop/employees']],
  ['everything', [''], ['shop']],
  ['written with slashes', ['/shop/'], ['shop/employees']],
])('C-54 roots that overlap are refused: %s', (_what, one, other) => {
  const combined = combine({ one: bundle(one, {}, { wasm }), other: bundle(other, {}) });
  expect(combined).toMatchObject({ ok: false, error: expect.stringContaining('one and other both own') });
});

test('C-54 a root that only begins like another is another', () => {
  expect(combine({ one: bundle(['shop'], {}, { wasm }), other: bundle(['shopping'], {}) }).ok).toBe(true);
});

test('C-54 exactly one of them holds the policy', () => {
  expect(combine({ one: bundle(['a'], {}) })).toMatchObject({ ok: false });
  const two = combine({ one: bundle(['a'], {}, { wasm }), other: bundle(['b'], {}, { wasm }) });
  expect(two).toMatchObject({ ok: false, error: expect.stringContaining('both have a WebAssembly module') });
});
