import { expect, test } from 'vitest';
import { revisionOf } from '../../../scripts/policies/revision.js';

function source(path: string, text: string) {
  return { path, bytes: Buffer.from(text) };
}

const sources = [source('a.rego', 'package a'), source('b.rego', 'package b')];

test('the revision is the same in whatever order the sources come', () => {
  expect(revisionOf([...sources].reverse())).toBe(revisionOf(sources));
  expect(revisionOf(sources)).toMatch(/^[0-9a-f]{16}$/);
});

test.each([
  ['content', [source('a.rego', 'package a '), source('b.rego', 'package b')]],
  ['name', [source('A.rego', 'package a'), source('b.rego', 'package b')]],
  ['one more source', [...sources, source('c.rego', '')]],
  ['one source less', sources.slice(1)],
  ['contents exchanged', [source('a.rego', 'package b'), source('b.rego', 'package a')]],
])('the revision changes with %s', (_change, changed) => {
  expect(revisionOf(changed)).not.toBe(revisionOf(sources));
});

test('bytes cannot move between a name and a content', () => {
  const moved = [source('a.rego 1 x', ''), source('a.rego', '1 x ')];
  expect(new Set([revisionOf([moved[0]].flatMap((one) => one ?? [])), revisionOf(moved.slice(1))]).size).toBe(2);
  expect(revisionOf([source('ab', 'c')])).not.toBe(revisionOf([source('a', 'bc')]));
});
