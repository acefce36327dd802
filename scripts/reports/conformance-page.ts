import { fail, ok, type Result } from '../../src/errors/result.js';

/** The rows of the end-to-end matrix, by id such as `A4`. */
export interface Matrix {
  readonly rows: readonly string[];
  /** Rows that belong to later work. */
  readonly later: readonly string[];
}

export interface Outcome {
  readonly file: string;
  readonly title: string;
  readonly passed: boolean;
}

interface Section {
  readonly heading: string;
  readonly words: string;
  readonly folder: string;
}

const matrixFolder = 'test/e2e/matrix/';

const sections: readonly Section[] = [
  {
    heading: 'Compatibility with opa-envoy-plugin',
    words: 'Each recorded case is sent to a running Portcullis; compatibility.md lists where it answers otherwise.',
    folder: 'test/contract/compatibility/',
  },
  {
    heading: 'Ambiguous requests',
    words: 'Policy and backend see the same request, or it is refused.',
    folder: 'test/e2e/ambiguous/',
  },
  {
    heading: 'Properties and fuzzing',
    words: 'What holds for every input, sought by random and coverage-guided runs.',
    folder: 'test/fuzz/',
  },
];

/** Renders the page, or names the rows of the matrix that no test shows. */
export function conformancePage(matrix: Matrix, outcomes: readonly Outcome[]): Result<string, readonly string[]> {
  const shown = outcomes.filter(({ file }) => file.startsWith(matrixFolder)).sort(byTitle);
  const ofRow = (row: string) => shown.filter(({ title }) => rowOf(title) === row);
  const missing = matrix.rows.filter((row) => ofRow(row).length === 0);
  if (missing.length > 0) return fail(missing.map((row) => `${row}: no test of the matrix shows it`));
  return ok(
    [
      '# Conformance',
      '',
      'Written from the tests that ran: `npm test && npm run reports`. A row that the real Envoy could not be brought to',
      'show says so in its title.',
      '',
      '## The matrix, through a real Envoy',
      '',
      `Rows ${matrix.later.join(', ')} belong to later work.`,
      '',
      '| row | case | outcome |',
      '| --- | --- | --- |',
      ...matrix.rows.flatMap((row) =>
        ofRow(row).map((test) => `| ${row} | ${cell(test.title)} | ${outcomeOf(test)} |`),
      ),
      ...sections.flatMap((section) => renderSection(section, outcomes)),
      '',
    ].join('\n'),
  );
}

function renderSection({ heading, words, folder }: Section, outcomes: readonly Outcome[]): string[] {
  const tests = outcomes.filter(({ file }) => file.startsWith(folder)).sort(byTitle);
  const passed = tests.filter((test) => test.passed).length;
  return [
    '',
    `## ${heading}`,
    '',
    `${words} ${passed} of ${tests.length} cases pass.`,
    '',
    '| case | outcome |',
    '| --- | --- |',
    ...tests.map((test) => `| ${cell(test.title)} | ${outcomeOf(test)} |`),
  ];
}

/** The row that a title of the matrix begins with, behind the names of the groups around it. */
export function rowOf(title: string): string | undefined {
  return /(?:^|> )([A-H]\d{1,2})\b/.exec(title)?.[1];
}

const longestCell = 160;

/** Titles of recorded cases may hold anything: here they are one line without cell borders and markup. */
function cell(title: string): string {
  const visible = title.replace(/[^\x20-\x7e]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  const short = visible.length > longestCell ? `${visible.slice(0, longestCell)}…` : visible;
  return short.replace(/[\\`*_<>[\]|]/g, '\\$&');
}

function outcomeOf({ passed }: Outcome): string {
  return passed ? 'pass' : '**fail**';
}

function byTitle(one: Outcome, other: Outcome): number {
  return compare(one.file, other.file) || compare(one.title, other.title);
}

/** By code unit, so that the page does not depend on the locale. */
function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
