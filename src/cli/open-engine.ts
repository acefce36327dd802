import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../config/environment.js';
import type { Config } from '../config/schema.js';
import type { Engine } from '../engine/engine.js';
import type { ExternalData } from '../engine/external-data.js';
import type { OpaDataWriter } from '../engine/opa/opa-data-writer.js';
import { createWasmEngine } from '../engine/wasm/wasm-engine.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { type Bundle, defaultBundleLimits } from '../policy/bundle/bundle.js';
import { readBundle } from '../policy/bundle/read-bundle.js';
import type { InputReads } from '../policy/plan/input-reads.js';
import { type PolicyReads, policyReads } from '../policy/plan/policy-reads.js';
import { batchOptions, type EngineNotes, projectionOf, withCache } from './accelerate.js';
import type { OpaState } from './opa-state.js';
import { readVerification } from './verification.js';

/** The bundle that comes with Portcullis, for `serve` without a file. */
const sampleBundle = fileURLToPath(new URL('../../policies/gateway.tar.gz', import.meta.url));

/**
 * Makes the configured engine.
 *
 * @param opa what was read for an OPA engine; looked at for each request, since it may be read again
 * @throws PortcullisError `bundle_missing`, `bundle_invalid`, `bundle_unverified`, `builtin_unsupported`,
 * `tls_invalid`, or `config_unreadable` and `config_invalid` for the key that bundles are verified with
 */
export async function openEngine(
  engine: Config['engine'],
  env: Environment,
  opa: Readonly<OpaState>,
  notes: EngineNotes,
): Promise<Engine> {
  if (engine.kind === 'wasm') return openWasmEngine(engine, env, notes);
  const { url, connections, tls } = engine.opa;
  // Loaded only now: an HTTP client is large, and an embedded policy needs none.
  const { createOpaEngine } = await import('../engine/opa/opa-engine.js');
  const opaEngine = createOpaEngine({
    url,
    connections,
    token: () => opa.token,
    tls: tls === undefined ? undefined : await readTls(tls),
    resultMemory: engine.result_memory,
    batch: batchOptions(engine, () => opa.reads, notes),
    projection: projectionOf(engine, () => opa.reads, notes),
  });
  return withCache(opaEngine, engine, () => opa.reads, notes);
}

/**
 * Begins to write the data into the OPA server.
 *
 * @throws PortcullisError `tls_invalid`
 */
export async function openDataWriter(
  { opa: { tls, url } }: Config['engine'],
  opa: Readonly<OpaState>,
  data: ExternalData,
): Promise<OpaDataWriter> {
  const { OpaDataWriter } = await import('../engine/opa/opa-data-writer.js');
  return new OpaDataWriter({ url, token: () => opa.token, tls: tls && (await readTls(tls)), data });
}

async function openWasmEngine(engine: Config['engine'], env: Environment, notes: EngineNotes): Promise<Engine> {
  const { wasm } = engine;
  const verification = await readVerification(wasm.verification, 'engine.wasm.verification');
  const bundle = await readBundle(wasm.bundle ?? sampleBundle, defaultBundleLimits, verification);
  if (!bundle.ok) throw bundle.error;
  return engineOfBundle(bundle.value, engine, env, notes);
}

/**
 * An embedded engine that serves this bundle. A module that was compiled before is not compiled again.
 *
 * @throws PortcullisError `bundle_invalid` or `builtin_unsupported`
 */
export async function engineOfBundle(
  bundle: Bundle,
  engine: Config['engine'],
  env: Environment,
  notes: EngineNotes,
): Promise<Engine> {
  const paths = engine.paths.map(({ path }) => path);
  const shown = engine.wasm.env.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const reads = policyReads(bundle, paths);
  const wasmEngine = await createWasmEngine({
    bundle,
    paths,
    env: Object.fromEntries(shown),
    external: notes.data,
    reads: engine.projection ? inputReads(reads) : new Map(),
    resultMemory: engine.result_memory,
  });
  return withCache(wasmEngine, engine, () => reads, notes);
}

/** What is read of the input, where the plan is known to be that of the module. */
function inputReads({ fitsModule, readSets }: PolicyReads): ReadonlyMap<string, InputReads> {
  return new Map(fitsModule ? [...readSets].map(([path, { input }]) => [path, input]) : []);
}

/** Reads the bearer token for OPA, without the line end that editors leave behind it. */
export async function readToken(token: Config['engine']['opa']['token']): Promise<string | undefined> {
  return token === undefined ? undefined : (await readSecret(token.file, 'config_unreadable')).trim();
}

async function readTls(tls: NonNullable<Config['engine']['opa']['tls']>) {
  const read = (file: string | undefined) => (file === undefined ? undefined : readSecret(file, 'tls_invalid'));
  const [ca, cert, key] = await Promise.all([read(tls.ca), read(tls.cert), read(tls.key)]);
  return { ca, cert, key };
}

async function readSecret(file: string, code: 'config_unreadable' | 'tls_invalid'): Promise<string> {
  return (await readBytes(file, code)).toString('utf8');
}

async function readBytes(file: string, code: 'config_unreadable' | 'tls_invalid'): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new PortcullisError(code, `${file} cannot be read: ${reason}`, { cause: error });
  }
}
