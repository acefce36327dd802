import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../errors/result.js';
import { encodeJson } from '../../json/encode.js';
import type { JsonValue } from '../../json/json.js';
import { parseJson } from '../../json/parse.js';
import { isRecord } from '../bundle/merge-data.js';
import { type BundleTarget, compileWasm } from './compile.js';
import { type Finding, inOrder, type LintRule } from './finding.js';
import { checkFormat } from './format.js';
import { lintModules } from './lint.js';
import type { Opa } from './opa.js';
import { packagesOf, parseModules, type RegoModule } from './rego-modules.js';
import type { BundleSources } from './sources.js';
import { strictCheck } from './strict.js';
import { inWorkshop, type Workshop } from './workshop.js';

/** Asks the embedded engine which built-in functions of a module it lacks. Fails if it cannot load the module at all. */
export type MissingBuiltins = (wasm: Buffer) => Promise<Result<readonly string[]>>;

export interface CheckOptions {
  readonly entrypoints: readonly string[];
  readonly target: BundleTarget;
  /** Rules that are switched off. */
  readonly allow: readonly LintRule[];
  readonly missingBuiltins: MissingBuiltins;
}

/** What is wrong with the sources: OPA's strict check first, and if that is content, formatting and our own rules. */
export async function checkSources(
  opa: Opa,
  sources: BundleSources,
  options: CheckOptions,
): Promise<Result<readonly Finding[]>> {
  const stray = await inWorkshop(sources.files, sources.roots, (workshop) => strictCheck(opa, workshop));
  if (!stray.ok || stray.value.length > 0) return stray;
  const files = [...sources.files, ...sources.tests];
  // The tests are not in the bundle, so its roots do not bind them.
  return inWorkshop(files, [''], async (workshop): Promise<Result<readonly Finding[]>> => {
    const strict = await strictCheck(opa, workshop);
    if (!strict.ok || strict.value.length > 0) return strict;
    const format = await checkFormat(opa, workshop, files);
    if (!format.ok) return format;
    const modules = await parseModules(opa, workshop, files);
    if (!modules.ok) return modules;
    const builtins = options.target !== 'rego' ? await checkBuiltins(opa, sources, modules.value, options) : ok([]);
    if (!builtins.ok) return builtins;
    const all = [...format.value, ...lintModules(modules.value, options.entrypoints), ...builtins.value];
    return ok(inOrder(all.filter(({ rule }) => !options.allow.some((allowed) => allowed === rule))));
  });
}

/** Compiles the policy, and lets OPA say where the functions are called that the embedded engine lacks. */
async function checkBuiltins(
  opa: Opa,
  { files, roots }: BundleSources,
  modules: readonly RegoModule[],
  { entrypoints, missingBuiltins }: CheckOptions,
): Promise<Result<readonly Finding[]>> {
  const asked = entrypoints.length > 0 ? entrypoints : packagesOf(modules);
  if (asked.length === 0) return ok([]);
  return inWorkshop(files, roots, async (workshop): Promise<Result<readonly Finding[]>> => {
    const compiled = await compileWasm(opa, workshop, asked);
    if (!compiled.ok) return ok([{ rule: 'opa', file: undefined, line: undefined, message: compiled.error }]);
    const missing = await missingBuiltins(compiled.value.wasm);
    if (!missing.ok) return missing;
    return missing.value.length === 0 ? ok([]) : locateBuiltins(opa, workshop, missing.value);
  });
}

/** An OPA that is told not to have them says where they are called. */
async function locateBuiltins(
  opa: Opa,
  workshop: Workshop,
  missing: readonly string[],
): Promise<Result<readonly Finding[]>> {
  const current = parseJson((await opa.run(workshop.folder, ['capabilities', '--current'])).stdout);
  const capabilities = current.ok && isRecord(current.value) ? current.value : {};
  const { builtins } = capabilities;
  if (!Array.isArray(builtins)) return fail('opa capabilities --current did not list the built-in functions');
  const present = (builtins as readonly JsonValue[]).filter((builtin) => !missing.includes(nameOf(builtin)));
  const file = join(workshop.folder, 'capabilities.json');
  await writeFile(file, encodeJson({ ...capabilities, builtins: present }));
  const calls = await strictCheck(opa, workshop, ['--capabilities', file]);
  if (!calls.ok) return calls;
  const message = (text: string) => text.replace('undefined function', 'the embedded engine does not have');
  return ok(calls.value.map((call) => ({ ...call, rule: 'embedded-builtin', message: message(call.message) })));
}

function nameOf(builtin: JsonValue): string {
  return isRecord(builtin) && typeof builtin['name'] === 'string' ? builtin['name'] : '';
}
