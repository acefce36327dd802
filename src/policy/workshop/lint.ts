import type { Finding } from './finding.js';
import type { RegoModule, RegoRule } from './rego-modules.js';
import { isTestFile } from './sources.js';

/** What our own rules find in the modules of a policy, `entrypoints` being its decision paths. */
export function lintModules(modules: readonly RegoModule[], entrypoints: readonly string[]): readonly Finding[] {
  const policy = modules.filter(({ file }) => !isTestFile(file));
  return [
    ...modules.flatMap(packageFolder),
    ...policy.flatMap(testFile),
    ...entrypoints.flatMap((entrypoint) => decisionPath(policy, entrypoint)),
  ];
}

function packageFolder({ file, package: path, packageLine }: RegoModule): readonly Finding[] {
  const folders = file.split('/').slice(0, -1);
  const names = isTestFile(file) ? path.map((name) => name.replace(/_test$/, '')) : path;
  if (folders.every((folder, index) => folder === path[index] || folder === names[index])) return [];
  const message = `the package ${path.join('.')} does not begin with the folder ${folders.join('/')}`;
  return [{ rule: 'package-folder', file, line: packageLine, message }];
}

function testFile({ file, rules }: RegoModule): readonly Finding[] {
  const tests = rules.filter(({ name }) => name.startsWith('test_') || name.startsWith('todo_test_'));
  const message = 'is a test in a file whose name does not end in _test.rego: it would be in the bundle';
  return tests.map(({ line, name }) => ({ rule: 'test-file', file, line, message: `${name} ${message}` }));
}

function decisionPath(modules: readonly RegoModule[], entrypoint: string): readonly Finding[] {
  const rules = modules.flatMap((module) => rulesAt(module, entrypoint));
  const [first] = rules;
  if (first === undefined) return [];
  const opening = rules.filter(({ rule }) => rule.allows);
  const findings = opening.map(({ file, rule }) => ({
    rule: 'default-allows',
    file,
    line: rule.line,
    message: `the default of the decision path ${entrypoint} allows what no rule speaks of`,
  }));
  if (rules.some(({ rule }) => rule.alwaysDefined)) return findings;
  const message = `the decision path ${entrypoint} has no default: it is undefined where no rule applies`;
  return [...findings, { rule: 'missing-default', file: first.file, line: first.rule.line, message }];
}

interface PlacedRule {
  readonly file: string;
  readonly rule: RegoRule;
}

function rulesAt({ file, package: path, rules }: RegoModule, entrypoint: string): readonly PlacedRule[] {
  const segments = entrypoint.split('/');
  if (!path.every((segment, index) => segment === segments[index])) return [];
  const name = segments.slice(path.length).join('.');
  return rules.filter((rule) => rule.name === name).map((rule) => ({ file, rule }));
}
