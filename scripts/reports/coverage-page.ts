import { fail, ok, type Result } from '../../src/errors/result.js';

export interface RowCatalogue {
  readonly documents: Readonly<Record<string, string>>;
  readonly rows: readonly string[];
}

/**
 * Why `npm test` does not show a row: another run does, a later capability will, or it is out of scope.
 */
export interface RowException {
  readonly rows: readonly string[];
  readonly elsewhere?: { readonly file: string; readonly run: string };
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
    ...[...excused]
      .filter(([row, exception]) => shown.has(row) && exception.elsewhere === undefined)
      .map(([row]) => `${row}: has a test and an exception`),
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
  const files = (shown.get(row) ?? []).map((file) => `\`${file}\``);
  const exception = excused.get(row);
  if (exception?.elsewhere) files.push(`\`${exception.elsewhere.file}\` by \`${exception.elsewhere.run}\``);
  if (files.length > 0) return `| ${row} | ${files.join(', ')} |`;
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
