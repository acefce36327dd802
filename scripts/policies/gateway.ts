import { fileURLToPath } from 'node:url';
import { regoTexts } from '../../src/policy/bundle/bundle-file.js';
import { compiledFrom, plannedFrom } from '../../src/policy/plan/plan-of-module.js';
import { compile } from './compile.js';
import { pack } from './pack.js';
import { revisionOf } from './revision.js';
import { readSources, type Source } from './source.js';

/** Where the sources of the gateway's policy are. */
export const policies = fileURLToPath(new URL('../../policies', import.meta.url));

/** The decision paths of the gateway's policy. */
export const entrypoints = ['envoy/authz/allow', 'authz/allow', 'users/allow', 'carstore/authz/allow'] as const;

const roots = ['authz', 'carstore', 'envoy/authz', 'users'] as const;

/** The bundle that Portcullis carries: sources, data, and the module and the plan compiled from them. */
export async function gatewayBundle(folder: string = policies): Promise<Buffer> {
  const sources = await readSources(folder);
  const wasm = entrypoints.map((entrypoint) => ({ entrypoint, module: '/policy.wasm' }));
  const module = await compile('wasm', sources, { roots, entrypoints });
  const plan = await compile('plan', sources, { roots, entrypoints });
  const metadata = compiledFrom(regoOf(sources), plan.bytes, module.bytes);
  return pack([manifest(sources, { metadata, wasm }), module, plan, ...sources]);
}

/**
 * The same policy, plan, data and revision without the module, for an OPA server: the static builds of
 * OPA refuse a bundle whose manifest names a module.
 */
export async function regoBundle(folder: string = policies): Promise<Buffer> {
  const sources = await readSources(folder);
  const plan = await compile('plan', sources, { roots, entrypoints });
  const metadata = plannedFrom(regoOf(sources), plan.bytes);
  return pack([manifest(sources, { metadata }), plan, ...sources]);
}

function regoOf(sources: readonly Source[]): ReadonlyMap<string, string> {
  return regoTexts(sources.map(({ bytes, path }) => ({ path, content: bytes })));
}

function manifest(sources: readonly Source[], more: object): Source {
  const content = { revision: revisionOf(sources), roots, rego_version: 1, ...more };
  return { path: '.manifest', bytes: Buffer.from(`${JSON.stringify(content)}\n`) };
}
