import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { decisionRules } from '../../../src/check/decision/decision-fault.js';
import { mutationRules } from '../../../src/telemetry/mutation-rule.js';

test('docs/decisions-from-policy.md has one row for each rule of the mutation guard', async () => {
  const page = await readFile(new URL('../../../docs/decisions-from-policy.md', import.meta.url), 'utf8');
  const dropped: readonly string[] = mutationRules;
  const expected = Object.entries(decisionRules).map(
    ([rule, why]) => `| \`${rule}\` | ${why} | ${dropped.includes(rule) ? 'dropped' : 'refused'} |`,
  );
  expect(page.split('\n').filter((line) => / \| (dropped|refused) \|$/.test(line))).toEqual(expected);
});
