import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../errors/result.js';
import { decodeUtf8 } from '../../json/decode-utf8.js';
import { parseJson } from '../../json/parse.js';
import { assembleBundle } from '../bundle/assemble-bundle.js';
import { type BundleFile, defaultBundleLimits } from '../bundle/bundle.js';
import { canonicalJson } from '../bundle/canonical-json.js';
import { parseManifest } from '../bundle/parse-manifest.js';
import { readArchive } from '../bundle/read-archive.js';
import { complaintOf, type Opa } from './opa.js';
import type { Workshop } from './workshop.js';

/** What a bundle is built for: `wasm` for the embedded engine, `rego` for an OPA server, `both` for the two. */
export type BundleTarget = 'wasm' | 'rego' | 'both';

type OpaTarget = 'wasm' | 'rego' | 'plan';

/**
 * Compiles the sources to one WebAssembly module; also says what it was compiled for.
 *
 * Without OPA's optimiser: it writes the data it finds into the policy, and data could then no longer
 * be changed without a new policy.
 */
export async function compileWasm(
  opa: Opa,
  workshop: Workshop,
  entrypoints: readonly string[],
): Promise<Result<{ readonly wasm: Buffer; readonly entrypoints: readonly string[] }>> {
  const built = await buildTarget(opa, workshop, 'wasm', entrypoints);
  if (!built.ok) return built;
  const [wasm, manifest] = ['policy.wasm', '.manifest'].map((name) => contentOf(built.value, name));
  if (wasm === undefined || manifest === undefined) return fail('opa build made no WebAssembly module');
  const parsed = parseManifest(manifest);
  return parsed.ok ? ok({ wasm, entrypoints: parsed.value.entrypoints }) : parsed;
}

/** Compiles the sources to OPA's plan, a JSON document. */
export async function compilePlan(
  opa: Opa,
  workshop: Workshop,
  entrypoints: readonly string[],
): Promise<Result<Buffer>> {
  const built = await buildTarget(opa, workshop, 'plan', entrypoints);
  if (!built.ok) return built;
  const plan = contentOf(built.value, 'plan.json');
  return plan === undefined ? fail('opa build made no plan') : ok(plan);
}

/**
 * Whether OPA reads the same data from the files as Portcullis does. Readers of YAML disagree about
 * some texts (`017` is 15 or 17): what was tested by the one must be what the other decides by.
 */
export async function agreeOnData(
  opa: Opa,
  workshop: Workshop,
  files: readonly BundleFile[],
): Promise<Result<undefined>> {
  const ours = assembleBundle(files);
  if (!ours.ok) return ours;
  const built = await buildTarget(opa, workshop, 'rego', []);
  if (!built.ok) return built;
  const theirs = parseJson(decodeUtf8(contentOf(built.value, 'data.json') ?? Buffer.from('{}')));
  if (!theirs.ok) return fail(`opa build wrote data that is not JSON: ${theirs.error}`);
  if (canonicalJson(theirs.value) === canonicalJson(ours.value.data)) return ok(undefined);
  return fail('OPA reads other data from these files than Portcullis; write what differs (numbers in YAML?) as JSON');
}

async function buildTarget(
  opa: Opa,
  { folder }: Workshop,
  target: OpaTarget,
  entrypoints: readonly string[],
): Promise<Result<readonly BundleFile[]>> {
  const archive = `${target}.tar.gz`;
  const asked = entrypoints.flatMap((entrypoint) => ['-e', entrypoint]);
  const outcome = await opa.run(folder, ['build', '-t', target, '-b', 'policies', ...asked, '-o', archive]);
  if (outcome.code !== 0) return fail(`opa build: ${complaintOf(outcome)}`);
  return readArchive(await readFile(join(folder, archive)), defaultBundleLimits);
}

function contentOf(files: readonly BundleFile[], name: string): Buffer | undefined {
  return files.find(({ path }) => path === name)?.content;
}
