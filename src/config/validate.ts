import type { z } from 'zod';
import { fail, ok, type Result } from '../errors/result.js';
import { valueAt } from './layers.js';
import { nearest } from './nearest.js';
import { type ConfigProblem, formatKey, printable } from './problem.js';

/** Where a key of the checked value stands. */
export type Locate = (
  path: readonly PropertyKey[],
  part: 'key' | 'value',
) => Pick<ConfigProblem, 'source' | 'line' | 'column'>;

/** Names that are known at a path, for suggestions. */
export type KnownNames = (path: readonly PropertyKey[]) => readonly string[];

/** Checks a value against a schema; every deviation becomes a problem with its position. */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  locate: Locate,
  knownNames: KnownNames,
): Result<z.output<Schema>, ConfigProblem[]> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  return fail(parsed.error.issues.flatMap((issue) => toProblems(issue, value, locate, knownNames)));
}

function toProblems(issue: z.core.$ZodIssue, root: unknown, locate: Locate, knownNames: KnownNames): ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => {
      const path = [...issue.path, name];
      return {
        ...problemAt(path, locate, 'key'),
        what: 'unknown key',
        nearest: nearest(name, knownNames(issue.path)),
      };
    });
  }
  const found = valueAt(root, issue.path);
  const problem = { ...problemAt(issue.path, locate, 'value'), expected: expectation(issue) };
  if (found === undefined) return [{ ...problem, what: 'missing' }];
  const what = issue.code === 'invalid_type' ? 'wrong type' : 'wrong value';
  const suggestion = typeof found === 'string' ? nearest(found, choices(issue)) : undefined;
  return [{ ...problem, what, found: describeFound(found, issue.path), nearest: suggestion }];
}

function problemAt(path: readonly PropertyKey[], locate: Locate, part: 'key' | 'value') {
  return { code: 'config_invalid' as const, key: formatKey(path), ...locate(path, part) };
}

const typeTexts: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
};

function expectation(issue: z.core.$ZodIssue): string {
  const known = choices(issue);
  if (known.length > 0) return known.join(', ').replace(/, ([^,]+)$/, ' or $1');
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.startsWith('Invalid') ? (typeTexts[issue.expected] ?? issue.expected) : issue.message;
    case 'too_small':
      return `at least ${issue.minimum}${countedIn(issue.origin)}`;
    case 'too_big':
      return `at most ${issue.maximum}${countedIn(issue.origin)}`;
    default:
      return issue.message;
  }
}

function countedIn(origin: string): string {
  if (origin === 'array') return ' in the list';
  return origin === 'string' ? ' characters' : '';
}

function choices(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code !== 'invalid_union' || !('options' in issue)) return [];
  return (issue.options ?? []).map(String);
}

const secretName = /token|secret|password|sha256|^key$/i;

/** A value for a message. A secret in the wrong place must not reach the terminal or the log. */
function describeFound(value: unknown, path: readonly PropertyKey[]): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const isSecret = path.some((name) => secretName.test(String(name)));
  const text = String(value);
  if (isSecret || text.includes('@') || text.length > 80)
    return typeof value === 'string' ? 'text that is not shown' : 'a number';
  return typeof value === 'string' ? `"${printable(value)}"` : text;
}
