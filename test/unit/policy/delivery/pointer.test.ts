import { describe, expect, test } from 'vitest';
import {
  formatPointer,
  isChannelName,
  isRevisionName,
  parsePointer,
  promoted,
  rolledBack,
} from '../../../../src/policy/channel/pointer.js';

const now = new Date('2026-01-02T03:04:05Z');
const release = (revision: string) => ({ revision, sha256: revision.repeat(64) });

test('C-51 a channel remembers what it had, the latest first, and goes back step by step', () => {
  const a = promoted(undefined, release('a'), now);
  const b = promoted(a, release('b'), now);
  const c = promoted(b, release('c'), now);
  expect(c).toMatchObject({ revision: 'c', previous: [release('b'), release('a')] });
  const back = rolledBack(c, now);
  expect(back).toMatchObject({ ok: true, value: { revision: 'b', previous: [release('a')] } });
  expect(back.ok && rolledBack(back.value, now)).toMatchObject({ ok: true, value: { revision: 'a', previous: [] } });
  expect(rolledBack(a, now)).toMatchObject({ ok: false });
});

test('its history is bounded, and it is read as it was written', () => {
  let pointer = promoted(undefined, release('a'), now);
  for (let count = 0; count < 30; count += 1) pointer = promoted(pointer, release('b'), now);
  expect(pointer.previous).toHaveLength(20);
  expect(parsePointer(formatPointer(pointer))).toEqual({ ok: true, value: pointer });
});

describe('a pointer that someone forged', () => {
  const sound = JSON.parse(formatPointer(promoted(undefined, release('a'), now)).toString());
  test.each([
    ['leads out of the store', { ...sound, revision: '../../secret' }],
    ['has no hash', { ...sound, sha256: undefined }],
    ['has a hash of another kind', { ...sound, sha256: 'md5' }],
    ['has a history that is none', { ...sound, previous: 'a' }],
    ['is a list', []],
  ])('%s is refused', (_what, document) => {
    expect(parsePointer(Buffer.from(JSON.stringify(document))).ok).toBe(false);
  });
  test('is not JSON', () => {
    expect(parsePointer(Buffer.from('{')).ok).toBe(false);
  });
});

test('names that could mean another place are none', () => {
  for (const name of ['', '..', '.hidden', 'a/b', 'a\\b', 'a b', 'x'.repeat(129)])
    expect(isRevisionName(name)).toBe(false);
  for (const name of ['', '..', 'A', 'a/b', '-a', 'a-', 'a.json']) expect(isChannelName(name)).toBe(false);
  expect(isRevisionName('1f3c-dirty')).toBe(true);
  expect(isChannelName('production-eu')).toBe(true);
});
