import { fail, ok, type Result } from '../../src/errors/result.js';

export interface RowCatalogue {
  readonly documents: Readonly<Record<string, string>>;
  readonly rows: readonly string[];
}

/** Why a row has no test: the capability that will bring one, or the reason that it is out of scope. */
export interface RowException {
  readonly rows: readonly string[];
  readonly later?: string;
  readonly why?: string;
}

export interface ShownRow {
  readonly file: string;
  readonly title: string;
}

const rowId = /\b[A-F]-\d{2}\b/g;

/** The rows that the title of a test names, such as `A-10` in `A-10 answers a GET`. */
export function rowsOf(title: string): readonly string[] {
  return title.match(rowId) ?? [];
}

/** Renders the page, or names the rows that neither a test nor an exception speaks of. */
export function coveragePage(
  catalogue: RowCatalogue,
  exceptions: readonly RowException[],
  tests: readonly ShownRow[],
): Result<string, readonly string[]> {
  const shown = testsByRow(tests);
  const excused = exceptionsByRow(exceptions);
  const problems = [
    ...catalogue.rows.filter((row) => !shown.has(row) && !excused.has(row)).map((row) => `${row}: no test names it`),
    ...[...shown.keys(), ...excused.keys()]
      .filter((row) => !catalogue.rows.includes(row))
      .map((row) => `${row}: there is no such row`),
    ...[...excused.keys()].filter((row) => shown.has(row)).map((row) => `${row}: has a test and an exception`),
  ];
  if (problems.length > 0) return fail(problems);
  return ok(
    [
      '# Coverage of the reference documents',
      '',
      'Made from the titles of the tests that passed: `npm test && npm run reports`.',
      ...Object.entries(catalogue.documents).flatMap(([letter, name]) => [
        '',
        `## ${letter}: ${name}`,
        '',
        '| row | shown by |',
        '| --- | --- |',
        ...catalogue.rows.filter((row) => row.startsWith(letter)).map((row) => line(row, shown, excused)),
      ]),
      '',
    ].join('\n'),
  );
}

function line(
  row: string,
  shown: ReadonlyMap<string, readonly string[]>,
  excused: ReadonlyMap<string, RowException>,
): string {
  const files = shown.get(row);
  if (files) return `| ${row} | ${files.map((file) => `\`${file}\``).join(', ')} |`;
  const exception = excused.get(row);
  return `| ${row} | ${exception?.later ? `later: ${exception.later}` : `no test: ${exception?.why}`} |`;
}

function testsByRow(tests: readonly ShownRow[]): Map<string, readonly string[]> {
  const files = new Map<string, Set<string>>();
  for (const test of tests) {
    for (const row of rowsOf(test.title)) files.set(row, (files.get(row) ?? new Set()).add(test.file));
  }
  return new Map([...files].map(([row, names]) => [row, [...names].sort()]));
}

function exceptionsByRow(exceptions: readonly RowException[]): Map<string, RowException> {
  return new Map(exceptions.flatMap((exception) => exception.rows.map((row) => [row, exception] as const)));
}
