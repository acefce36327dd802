import { expect, test } from 'vitest';
import { conformancePage, rowOf } from '../../../scripts/reports/conformance-page.js';

const matrix = { rows: ['A1', 'B2'], later: ['F1'] };
const a1 = { file: 'test/e2e/matrix/a-mapping.test.ts', title: 'A1 a GET | with a pipe', passed: true };
const b2 = { file: 'test/e2e/matrix/b-body.test.ts', title: 'wasm > B2 invalid UTF-8', passed: false };

test('a row is named where the title of a test or of its innermost group begins', () => {
  expect(rowOf('A12 principal')).toBe('A12');
  expect(rowOf('mutual TLS > A12 principal')).toBe('A12');
  expect(rowOf('the A12 principal')).toBeUndefined();
  expect(rowOf('A-12 is a row of another list')).toBeUndefined();
});

test('every case stands on the page with its outcome', () => {
  const page = conformancePage(matrix, [b2, a1]);
  expect(page).toMatchObject({ ok: true, value: expect.stringContaining('| A1 | A1 a GET \\| with a pipe | pass |') });
  expect(page).toMatchObject({
    ok: true,
    value: expect.stringMatching(/\| B2 \| wasm .*invalid UTF-8 \| \*\*fail\*\* \|/),
  });
});

test('a row without a test is a problem, and a test outside the matrix does not help', () => {
  expect(conformancePage(matrix, [a1, { ...b2, file: 'test/e2e/other.test.ts' }])).toEqual({
    ok: false,
    error: ['B2: no test of the matrix shows it'],
  });
});

test('cases of the other kinds are counted', () => {
  const peer = { file: 'test/contract/compatibility/peer.test.ts', title: 'path /a', passed: true };
  expect(conformancePage(matrix, [a1, b2, peer])).toMatchObject({
    ok: true,
    value: expect.stringContaining('1 of 1 cases pass.'),
  });
});
