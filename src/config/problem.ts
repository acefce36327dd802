/** One thing that is wrong with the configuration, or with a file read in the same way. */
export interface ConfigProblem {
  readonly code: 'config_invalid' | 'config_unreadable';
  /** The file as it was named, or the environment variable. */
  readonly source: string;
  /** From 1. */
  readonly line?: number | undefined;
  /** From 1. */
  readonly column?: number | undefined;
  /** Such as `identity.sources[0].file`. */
  readonly key?: string | undefined;
  readonly what: string;
  readonly expected?: string | undefined;
  /** Never the value of a secret. */
  readonly found?: string | undefined;
  /** The nearest known name. */
  readonly nearest?: string | undefined;
}

/** One line for each problem: `portcullis.yaml:12:5 engine.kindd: unknown key; did you mean "kind"?`. */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  return problems.map(formatProblem).join('\n');
}

/** A path as it is written in messages: `identity.sources[0].file`. */
export function formatKey(path: readonly PropertyKey[]): string {
  let key = '';
  for (const segment of path) {
    if (typeof segment === 'number') key += `[${segment}]`;
    else key += key === '' ? printable(String(segment)) : `.${printable(String(segment))}`;
  }
  return key;
}

/** Keeps terminal escape sequences and line breaks of a file out of the terminal and the log. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd');
}

function formatProblem(problem: ConfigProblem): string {
  const { line, column, expected, found, nearest } = problem;
  let text = printable(problem.source);
  if (line !== undefined) text += `:${line}`;
  if (line !== undefined && column !== undefined) text += `:${column}`;
  if (problem.key) text += ` ${problem.key}`;
  text += `: ${problem.what}`;
  if (expected !== undefined) text += `; expected ${expected}`;
  if (found !== undefined) text += `${expected === undefined ? ';' : ','} found ${found}`;
  if (nearest !== undefined) text += `; did you mean "${nearest}"?`;
  return text;
}
