import { fail, ok, type Result } from '../../errors/result.js';
import type { BundleFile } from '../../policy/bundle/bundle.js';
import { bundleFileKind } from '../../policy/bundle/bundle-file.js';
import { compileWasm } from '../../policy/workshop/compile.js';
import type { Opa } from '../../policy/workshop/opa.js';
import { packagesOf, parseModules, type RegoModule } from '../../policy/workshop/rego-modules.js';
import { inWorkshop } from '../../policy/workshop/workshop.js';

/** The Rego of a bundle, parsed by OPA. */
export function modulesOf(opa: Opa, files: readonly BundleFile[]): Promise<Result<readonly RegoModule[]>> {
  return inWorkshop(sourcesOf(files), [''], (workshop) => parseModules(opa, workshop, sourcesOf(files)));
}

/** A module of everything in a bundle that has none, for looking at it. */
export function compileForLooking(
  opa: Opa,
  files: readonly BundleFile[],
  modules: readonly RegoModule[],
): Promise<Result<Buffer>> {
  return inWorkshop(sourcesOf(files), [''], async (workshop) => {
    const compiled = await compileWasm(opa, workshop, packagesOf(modules));
    return compiled.ok ? ok(compiled.value.wasm) : fail(compiled.error);
  });
}

function sourcesOf(files: readonly BundleFile[]): readonly BundleFile[] {
  return files.filter(({ path }) => ['rego', 'data'].includes(bundleFileKind(path) ?? ''));
}
