import { describe, expect, test } from 'vitest';
import { formatProblems } from '../../../src/config/problem.js';
import { parseYaml } from '../../../src/config/yaml-document.js';
import { hmacNames, readHmacKeys } from '../../../src/identity/redis/hmac-keys.js';

function read(text: string) {
  const document = parseYaml('keys.yaml', text);
  if (!document.ok) throw new Error(formatProblems(document.error));
  return readHmacKeys('keys.yaml', document.value);
}

const secret = (byte: number) => Buffer.alloc(32, byte).toString('base64');

test('D-21 a token has one name for each key, that of the first first', () => {
  const keys = read(`keys: [{ id: k2, secret_base64: ${secret(2)} }, { id: k1, secret_base64: ${secret(1)} }]`);
  if (!keys.ok) throw new Error(formatProblems(keys.error));
  const names = hmacNames('session', '0'.repeat(64), keys.value);
  expect(names).toEqual([expect.stringMatching(/^session:k2:[0-9a-f]{64}$/), expect.stringMatching(/^session:k1:/)]);
  expect(names[0]?.slice(11)).not.toBe(names[1]?.slice(11));
});

describe('D-21 a key file is refused with its place, and never shows a secret:', () => {
  test.each([
    ['keys: []', 'keys.yaml:1:7 keys: wrong value; expected at least'],
    ['keys: [{ id: k1 }]', 'keys[0].secret_base64: missing'],
    ['keys: [{ id: k1, secret_base64: c2VjcmV0 }]', 'expected at least 32 bytes'],
    ['keys: [{ id: k1, secret_base64: "not base64!" }]', 'expected the secret in base64'],
    [`keys: [{ id: "a:b", secret_base64: ${secret(1)} }]`, 'keys[0].id: wrong value'],
    [
      `keys: [{ id: a, secret_base64: ${secret(1)} }, { id: a, secret_base64: ${secret(2)} }]`,
      'keys[1].id: another key has this id',
    ],
    [`keys: [{ id: a, secret: ${secret(1)} }]`, 'keys[0].secret: unknown key'],
  ])('%s', (text, problem) => {
    const keys = read(text);
    const problems = keys.ok ? 'OK' : formatProblems(keys.error);
    expect(problems).toContain(problem);
    for (const part of ['c2VjcmV0', 'not base64', secret(1)]) expect(problems).not.toContain(part);
  });
});
