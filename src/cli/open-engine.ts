import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../config/environment.js';
import type { Config } from '../config/schema.js';
import type { Engine } from '../engine/engine.js';
import { createOpaEngine } from '../engine/opa/opa-engine.js';
import { createWasmEngine } from '../engine/wasm/wasm-engine.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { readBundle } from '../policy/read-bundle.js';

/** The bundle that comes with Portcullis, for `serve` without a file. */
const sampleBundle = fileURLToPath(new URL('../../policies/gateway.tar.gz', import.meta.url));

/**
 * Makes the configured engine.
 *
 * @param token the present bearer token for OPA, asked for each request
 * @throws PortcullisError `bundle_missing`, `bundle_invalid`, `builtin_unsupported` or `tls_invalid`
 */
export async function openEngine(
  engine: Config['engine'],
  env: Environment,
  token: () => string | undefined,
): Promise<Engine> {
  if (engine.kind === 'wasm') return openWasmEngine(engine, env);
  const { url, connections, tls } = engine.opa;
  return createOpaEngine({ url, connections, token, tls: tls === undefined ? undefined : await readTls(tls) });
}

async function openWasmEngine({ wasm, paths }: Config['engine'], env: Environment): Promise<Engine> {
  const bundle = await readBundle(wasm.bundle ?? sampleBundle);
  if (!bundle.ok) throw bundle.error;
  const shown = wasm.env.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return createWasmEngine({
    bundle: bundle.value,
    paths: paths.map(({ path }) => path),
    env: Object.fromEntries(shown),
  });
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
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new PortcullisError(code, `${file} cannot be read: ${reason}`, { cause: error });
  }
}
