import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../errors/result.js';
import type { JsonObject, JsonValue } from '../../json/json.js';
import { parseJson } from '../../json/parse.js';
import type { BundleFile } from '../bundle/bundle.js';
import { canonicalJson } from '../bundle/canonical-json.js';
import { isRecord } from '../bundle/merge-data.js';
import { complaintOf, type Opa } from './opa.js';
import { isTestFile } from './sources.js';
import type { Workshop } from './workshop.js';

/** A Rego file as OPA parses it. */
export interface RegoModule {
  readonly file: string;
  /** Such as `['carstore', 'authz']`. */
  readonly package: readonly string[];
  readonly packageLine: number;
  /** In the order of the file; a rule with several bodies is there several times. */
  readonly rules: readonly RegoRule[];
}

export interface RegoRule {
  /** Below its package, as far as it is fixed: `allow`, `limits.daily`. */
  readonly name: string;
  /** From 1. */
  readonly line: number;
  readonly isDefault: boolean;
  readonly isFunction: boolean;
  /** Has a value whatever the input is: a partial set or object, or a rule without a condition. */
  readonly alwaysDefined: boolean;
  /** Of a default: whether its value allows a request. */
  readonly allows: boolean;
  /** Differs when the rule does; places and comments do not count. */
  readonly digest: string;
}

const atOnce = 4;

/** Parses the Rego files of a workshop with OPA, which has one command for one file. */
export async function parseModules(
  opa: Opa,
  { sources }: Workshop,
  files: readonly BundleFile[],
): Promise<Result<readonly RegoModule[]>> {
  const waiting = files.map(({ path }) => path).filter((path) => path.endsWith('.rego'));
  const modules: RegoModule[] = [];
  const work = async (): Promise<string | undefined> => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const args = ['parse', '--format', 'json', '--json-include', 'locations,-comments', join(sources, path)];
      const outcome = await opa.run(sources, args);
      const parsed = parseJson(outcome.stdout);
      if (outcome.code !== 0 || !parsed.ok) return `opa parse ${path}: ${complaintOf(outcome)}`;
      modules.push(readModule(path, parsed.value));
    }
    return undefined;
  };
  const failures = await Promise.all(Array.from({ length: atOnce }, work));
  const failure = failures.find((text) => text !== undefined);
  if (failure !== undefined) return fail(failure);
  return ok(modules.sort((left, right) => (left.file < right.file ? -1 : 1)));
}

/** Packages that can be asked, as decision paths: those with a rule that is no function. */
export function packagesOf(modules: readonly RegoModule[]): readonly string[] {
  const asked = modules.filter(({ file, rules }) => !isTestFile(file) && rules.some(({ isFunction }) => !isFunction));
  return [...new Set(asked.map((module) => module.package.join('/')))].sort();
}

function readModule(file: string, syntax: JsonValue): RegoModule {
  const declaration = member(syntax, 'package');
  const [, ...path] = list(member(declaration, 'path')).map((term) => text(member(term, 'value')));
  return { file, package: path, packageLine: line(declaration), rules: list(member(syntax, 'rules')).map(readRule) };
}

function readRule(rule: JsonValue): RegoRule {
  const head = member(rule, 'head');
  const isDefault = member(rule, 'default') === true;
  const value = member(head, 'value');
  const isFunction = member(head, 'args') !== undefined;
  return {
    name: ruleName(list(member(head, 'ref'))),
    line: line(rule),
    isDefault,
    isFunction,
    alwaysDefined: isDefault || value === undefined || list(member(rule, 'body')).every(isTrue),
    allows: isDefault && allows(value),
    digest: createHash('sha256')
      .update(canonicalJson(withoutLocations(rule)))
      .digest('hex'),
  };
}

/** A name ends where a variable begins: `m[x].y` is `m`. */
function ruleName(ref: readonly JsonValue[]): string {
  const end = ref.findIndex((term, index) => index > 0 && member(term, 'type') !== 'string');
  return (end === -1 ? ref : ref.slice(0, end)).map((term) => text(member(term, 'value'))).join('.');
}

function isTrue(expression: JsonValue): boolean {
  const terms = member(expression, 'terms');
  return member(terms, 'type') === 'boolean' && member(terms, 'value') === true;
}

/** `true`, or an object in which a member that means "allow" is `true`. */
function allows(value: JsonValue | undefined): boolean {
  if (member(value, 'type') === 'boolean') return member(value, 'value') === true;
  if (member(value, 'type') !== 'object') return false;
  return list(member(value, 'value')).some((pair) => {
    const [name, inner] = list(pair);
    return ['allow', 'allowed'].includes(text(member(name, 'value'))) && member(inner, 'value') === true;
  });
}

/** The members of OPA's syntax tree have fixed names, so that no text of the policy is taken for a location. */
function withoutLocations(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(withoutLocations);
  if (!isRecord(value)) return value;
  const kept: Record<string, JsonValue | undefined> = Object.create(null);
  for (const [name, inner] of Object.entries(value)) {
    if (name !== 'location' && inner !== undefined) kept[name] = withoutLocations(inner);
  }
  return kept as JsonObject;
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isRecord(value) ? value[name] : undefined;
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function line(value: JsonValue | undefined): number {
  const row = member(member(value, 'location'), 'row');
  return typeof row === 'number' ? row : 1;
}
