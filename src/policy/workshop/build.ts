import { fail, ok, type Result } from '../../errors/result.js';
import type { BundleFile } from '../bundle/bundle.js';
import { regoTexts } from '../bundle/bundle-file.js';
import { compiledFrom, plannedFrom } from '../plan/plan-of-module.js';
import { agreeOnData, type BundleTarget, compilePlan, compileWasm } from './compile.js';
import type { Opa } from './opa.js';
import type { BundleSources } from './sources.js';
import { inWorkshop, type Workshop } from './workshop.js';

export interface BuildOptions {
  readonly revision: string;
  /** Decision paths; without any, those that the Rego marks as entrypoints. */
  readonly entrypoints: readonly string[];
  readonly target: BundleTarget;
}

/**
 * The files of a bundle: Rego and data as they are, the manifest and, for the embedded engine, the
 * module and the plan compiled from them. The same sources and options give the same bytes.
 */
export async function buildBundle(
  opa: Opa,
  sources: BundleSources,
  options: BuildOptions,
): Promise<Result<readonly BundleFile[]>> {
  return inWorkshop(sources.files, sources.roots, async (workshop): Promise<Result<readonly BundleFile[]>> => {
    const agreed = await agreeOnData(opa, workshop, sources.files);
    if (!agreed.ok) return agreed;
    if (options.target === 'rego') return regoBundle(opa, workshop, sources, options);
    const compiled = await compileWasm(opa, workshop, options.entrypoints);
    if (!compiled.ok) return compiled;
    const entrypoints = options.entrypoints.length > 0 ? options.entrypoints : compiled.value.entrypoints;
    if (entrypoints.length === 0) return fail('there is no decision path; name one: --entrypoint PATH');
    const plan = await compilePlan(opa, workshop, entrypoints);
    if (!plan.ok) return plan;
    const rego = regoTexts(sources.files);
    // An OPA that cannot run WebAssembly refuses a manifest that names a module, and ignores a module that none names.
    const named = options.target === 'both' ? [] : entrypoints;
    return ok([
      manifestFile(saying(sources, compiledFrom(rego, plan.value, compiled.value.wasm)), options.revision, named),
      ...sources.files,
      { path: 'plan.json', content: plan.value },
      { path: 'policy.wasm', content: compiled.value.wasm },
    ]);
  });
}

/**
 * Without a module, because builds of OPA that cannot run WebAssembly refuse a manifest that names one;
 * with the plan of the decision paths, if there are any, from which Portcullis learns what they read.
 */
async function regoBundle(
  opa: Opa,
  workshop: Workshop,
  sources: BundleSources,
  { entrypoints, revision }: BuildOptions,
): Promise<Result<readonly BundleFile[]>> {
  if (entrypoints.length === 0) return ok([manifestFile(sources, revision, []), ...sources.files]);
  const plan = await compilePlan(opa, workshop, entrypoints);
  if (!plan.ok) return plan;
  const said = saying(sources, plannedFrom(regoTexts(sources.files), plan.value));
  return ok([manifestFile(said, revision, []), ...sources.files, { path: 'plan.json', content: plan.value }]);
}

function saying(sources: BundleSources, what: object): BundleSources {
  const metadata = sources.metadata as object | undefined;
  return { ...sources, metadata: { ...metadata, ...what } };
}

function manifestFile(
  { metadata, roots }: BundleSources,
  revision: string,
  entrypoints: readonly string[],
): BundleFile {
  const wasm = entrypoints.map((entrypoint) => ({ entrypoint, module: '/policy.wasm' }));
  const content = {
    revision,
    roots,
    rego_version: 1,
    ...(wasm.length > 0 && { wasm }),
    ...(metadata !== undefined && { metadata }),
  };
  return { path: '.manifest', content: Buffer.from(`${JSON.stringify(content)}\n`) };
}
