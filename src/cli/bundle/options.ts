import { printable } from '../../config/problem.js';
import { fail, ok, type Result } from '../../errors/result.js';
import { type SignatureAlgorithm, signatureAlgorithms } from '../../policy/signature/jws.js';
import type { BundleTarget } from '../../policy/workshop/compile.js';
import { isLintRule, type LintRule, lintRules } from '../../policy/workshop/finding.js';

/** The options of all actions, each with its default. */
export interface BundleOptions {
  /** Addresses of adapters' admin ports. */
  readonly adapters: readonly string[];
  readonly algorithm: SignatureAlgorithm;
  readonly allow: readonly LintRule[];
  readonly allowDirty: boolean;
  /** In percent. */
  readonly coverage: number | undefined;
  readonly decisions: string | undefined;
  readonly entrypoints: readonly string[];
  readonly exclude: readonly string[];
  readonly json: boolean;
  readonly key: string;
  readonly keyId: string;
  readonly opa: string | undefined;
  readonly output: string | undefined;
  /** `auto` is the git commit. */
  readonly revision: string;
  readonly roots: readonly string[] | undefined;
  readonly scope: string | undefined;
  readonly skipCheck: boolean;
  readonly skipTests: boolean;
  readonly target: BundleTarget;
  /** Where bundles are kept. */
  readonly to: string;
  readonly tokenFile: string | undefined;
}

export interface GivenOptions {
  readonly adapter?: readonly string[];
  readonly algorithm?: string;
  readonly allow?: readonly string[];
  readonly 'allow-dirty'?: boolean;
  readonly coverage?: string;
  readonly decisions?: string;
  readonly entrypoint?: readonly string[];
  readonly exclude?: readonly string[];
  readonly json?: boolean;
  readonly key?: string;
  readonly 'key-id'?: string;
  readonly opa?: string;
  readonly output?: string;
  readonly revision?: string;
  readonly root?: readonly string[];
  readonly scope?: string;
  readonly 'skip-check'?: boolean;
  readonly 'skip-tests'?: boolean;
  readonly target?: string;
  readonly to?: string;
  readonly 'token-file'?: string;
}

/** Checks the values and fills in the defaults. */
export function readOptions(given: GivenOptions): Result<BundleOptions> {
  const { algorithm: name = 'RS256', allow = [], coverage, revision = 'auto', target = 'wasm' } = given;
  const empty = Object.entries(given).find(([, value]) => value === '' || (Array.isArray(value) && value.includes('')));
  if (empty !== undefined && empty[0] !== 'root') return fail(`--${empty[0]} needs a value`);
  const algorithm = signatureAlgorithms.find((candidate) => candidate === name);
  if (algorithm === undefined) return oneOf('algorithm', name, signatureAlgorithms);
  if (target !== 'wasm' && target !== 'rego' && target !== 'both')
    return oneOf('target', target, ['wasm', 'rego', 'both']);
  const strange = allow.find((rule) => !isLintRule(rule));
  if (strange !== undefined) return oneOf('allow', strange, Object.keys(lintRules));
  if (coverage !== undefined && !isPercentage(coverage)) return fail('--coverage needs a number from 0 to 100');
  if (!/^[\x21-\x7e]{1,256}$/.test(revision)) return fail('--revision needs a text of printable ASCII without spaces');
  const entrypoints = given.entrypoint ?? [];
  const path = entrypoints.find((entrypoint) => !/^[^/]+(\/[^/]+)*$/.test(entrypoint));
  if (path !== undefined)
    return fail(`--entrypoint needs a rule path such as envoy/authz/allow, not "${printable(path)}"`);
  const adapters = given.adapter ?? [];
  const address = adapters.find((url) => !/^https?:\/\/[^/]+\/?$/.test(url));
  if (address !== undefined) return fail(`--adapter needs http://host:port, not "${printable(address)}"`);
  return ok({
    adapters,
    algorithm,
    allow: allow.filter(isLintRule),
    allowDirty: given['allow-dirty'] ?? false,
    coverage: coverage === undefined ? undefined : Number(coverage),
    decisions: given.decisions,
    entrypoints: [...new Set(entrypoints)],
    exclude: (given.exclude ?? []).map((name) => name.replace(/^\.\//, '').replace(/\/+$/, '')),
    json: given.json ?? false,
    key: given.key ?? '',
    keyId: given['key-id'] ?? 'default',
    opa: given.opa,
    output: given.output,
    revision,
    roots: given.root,
    scope: given.scope,
    skipCheck: given['skip-check'] ?? false,
    skipTests: given['skip-tests'] ?? false,
    target,
    to: given.to ?? '',
    tokenFile: given['token-file'],
  });
}

function oneOf(option: string, found: string, known: readonly string[]): Result<never> {
  return fail(`--${option} is one of ${known.join(', ')}, not "${printable(found)}"`);
}

function isPercentage(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text) && Number(text) <= 100;
}
