import { expect, test } from 'vitest';
import { coveragePage, rowsOf } from '../../../scripts/reports/coverage-page.js';

const catalogue = { documents: { A: 'first' }, rows: ['A-01', 'A-02'] };
const shown = [{ file: 'one.test.ts', title: 'A-01 does it' }];

test('the ids in a title are the rows it shows', () => {
  expect(rowsOf('wasm > tcp > A-10 A-11 answers')).toEqual(['A-10', 'A-11']);
  expect(rowsOf('no row here, nor in A-1 or XA-100')).toEqual([]);
});

test('a row with neither test nor exception is a problem', () => {
  expect(coveragePage(catalogue, [], shown)).toEqual({ ok: false, error: ['A-02: no test names it'] });
});

test('an exception gives its reason on the page', () => {
  const page = coveragePage(catalogue, [{ rows: ['A-02'], later: 'deployment' }], shown);
  expect(page).toMatchObject({ ok: true, value: expect.stringContaining('| A-02 | later: deployment |') });
  expect(page).toMatchObject({ ok: true, value: expect.stringContaining('| A-01 | `one.test.ts` |') });
});

test('an exception that a test has overtaken, and a row that does not exist, are problems', () => {
  expect(
    coveragePage(catalogue, [{ rows: ['A-01', 'A-09'], why: 'x' }], [...shown, { file: 'f', title: 'A-02' }]),
  ).toEqual({
    ok: false,
    error: ['A-09: there is no such row', 'A-01: has a test and an exception'],
  });
});

test('a row that another run shows names that run, beside the tests it has here', () => {
  const elsewhere = { file: 'cluster.test.ts', run: 'npm run test:cluster' };
  const page = coveragePage(catalogue, [{ rows: ['A-01', 'A-02'], elsewhere }], shown);
  expect(page).toMatchObject({
    ok: true,
    value: expect.stringContaining('| A-01 | `one.test.ts`, `cluster.test.ts` by `npm run test:cluster` |'),
  });
  expect(page).toMatchObject({
    ok: true,
    value: expect.stringContaining('| A-02 | `cluster.test.ts` by `npm run test:cluster` |'),
  });
});
