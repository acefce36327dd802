import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { formatProblems } from '../../../src/config/problem.js';
import { createIdentifier } from '../../../src/identity/identify.js';
import { loadSources } from '../../../src/identity/load-sources.js';
import { apart } from './request.js';

const identity = (file: string) => ({
  sources: [{ kind: 'token-file' as const, file }],
  public_paths: [],
  realm: 'portcullis',
});

async function load(text: string) {
  return loadSources(identity('tokens.yaml'), async () => text);
}

async function problems(text: string) {
  const loaded = await load(text);
  return loaded.ok ? 'OK' : formatProblems(loaded.error);
}

const alice = 'b'.repeat(64);

describe('the tokens of the demonstration', () => {
  const file = new URL('../../../examples/tokens.yaml', import.meta.url);

  test.each([
    ['alice', []],
    ['james', []],
    ['kelly', []],
    ['john', []],
    ['admin', ['ADMIN_ROLE']],
  ])('%s', async (subject, roles) => {
    const loaded = await loadSources(identity(file.pathname));
    if (!loaded.ok) throw new Error(formatProblems(loaded.error));
    const identify = createIdentifier(loaded.value);
    expect(identify(apart(['authorization', `Bearer ${subject}-demo-token`]), 0)).toEqual({
      kind: 'identified',
      identity: { source: 'token-file', subject, roles },
    });
  });

  test('are not in the file', async () => {
    expect(await readFile(file, 'utf8')).not.toMatch(/: *"?\w+-demo-token/);
  });
});

test.each([
  ['2027-01-31', 1_801_353_600],
  ['2027-01-31T12:00:00Z', 1_801_396_800],
  ['2027-01-31T12:00:00+02:00', 1_801_389_600],
])('expires_at %s is %i seconds since 1970', async (text, seconds) => {
  const hash = '2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90';
  const loaded = await load(`tokens: [{ sha256: ${hash.toUpperCase()}, subject: a, expires_at: ${text} }]`);
  if (!loaded.ok) throw new Error(formatProblems(loaded.error));
  expect(createIdentifier(loaded.value)(apart(['authorization', 'Bearer alice']), 0)).toMatchObject({
    identity: { expires_at: seconds },
  });
});

describe('a token file is refused with file and line:', () => {
  test.each([
    ['', 'tokens.yaml tokens: missing; expected a list'],
    ['tokns: []', 'tokens.yaml:1:1 tokns: unknown key; did you mean "tokens"?'],
    ['tokens:\n  - sha256: abc\n    subject: a', 'tokens.yaml:2:13 tokens[0].sha256: wrong value'],
    [`tokens:\n  - sha256: ${alice}`, 'tokens.yaml:2:5 tokens[0].subject: missing'],
    [
      `tokens:\n  - sha256: ${alice}\n    subjct: a\n    subject: a`,
      'tokens.yaml:3:5 tokens[0].subjct: unknown key; did you mean "subject"?',
    ],
    [`tokens:\n  - { sha256: ${alice}, subject: a, roles: A }`, 'tokens[0].roles: wrong type; expected a list'],
    [`tokens:\n  - { sha256: ${alice}, subject: a, roles: ["A,B"] }`, 'expected a role without a comma'],
    [`tokens:\n  - { sha256: ${alice}, subject: "a\\r\\nx-user: b" }`, 'tokens[0].subject: wrong value'],
    [`tokens:\n  - { sha256: ${alice}, subject: a, expires_at: tomorrow }`, 'expected a date such as'],
    [`tokens:\n  - { sha256: ${alice}, subject: a, expires_at: 2027-02-30 }`, 'expected a date such as'],
    [`tokens:\n  - { sha256: ${alice}, subject: a, expires_at: 2027-01-31T12:00:00 }`, 'expected a date such as'],
    [
      `tokens:\n  - { sha256: ${alice}, subject: a }\n  - { sha256: ${alice.toUpperCase()}, subject: b }`,
      'tokens.yaml:3:15 tokens[1].sha256: this token is listed twice',
    ],
    ['tokens: [', 'tokens.yaml:1:10: not valid YAML'],
  ])('%j', async (text, problem) => {
    expect(await problems(text)).toContain(problem);
  });

  test('a token in the place of its hash is not repeated', async () => {
    const text = 'tokens: [{ sha256: s3cret, subject: a }, { token: s3cret, subject: b }]';
    expect(await problems(text)).toContain('tokens[0].sha256: wrong value');
    expect(await problems(text)).not.toContain('s3cret');
  });

  test('it cannot be read', async () => {
    const loaded = await loadSources(identity('/nonexistent/tokens.yaml'));
    expect(loaded).toMatchObject({ ok: false, error: [{ code: 'config_unreadable' }] });
  });
});
