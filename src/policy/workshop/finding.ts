/** What is wrong with the sources of a bundle, and where. */
export interface Finding {
  /** A rule of {@link lintRules}, or `opa`. */
  readonly rule: string;
  /** Relative to the folder of the sources; `undefined` if it concerns them as a whole. */
  readonly file: string | undefined;
  /** From 1. */
  readonly line: number | undefined;
  readonly message: string;
}

/** The rules that are not OPA's own, each of which can be switched off by its name. */
export const lintRules = {
  format: 'the file is formatted as `opa fmt` does',
  'package-folder': 'the package begins with the names of the folders that the file lies in',
  'test-file': 'rules named `test_…` are in files named `…_test.rego`, which stay out of the bundle',
  'missing-default': 'the rule of a decision path has a default, so that it always has a value',
  'default-allows': 'the default of a decision path does not allow',
  'embedded-builtin': 'the embedded engine has every built-in function that is called',
} as const;

export type LintRule = keyof typeof lintRules;

export function isLintRule(name: string): name is LintRule {
  return Object.hasOwn(lintRules, name);
}

/** By file, then by line. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((left, right) => {
    const [first, second] = [left.file ?? '', right.file ?? ''];
    if (first !== second) return first < second ? -1 : 1;
    return (left.line ?? 0) - (right.line ?? 0);
  });
}
