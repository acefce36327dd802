import { createHash } from 'node:crypto';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gatewayBundle, regoBundle } from '../../scripts/policies/gateway.js';
import { runOpa } from '../../scripts/policies/opa.js';
import { workshopFolder } from '../rig/places.js';
import type { Policy } from './workload.js';

/** The policy that comes with Portcullis. */
export const gatewayPolicy: Policy = {
  wasmBundle: () => keep('gateway-wasm', gatewayBundle),
  regoBundle: () => keep('gateway-rego', regoBundle),
};

async function keep(name: string, make: () => Promise<Buffer>): Promise<string> {
  const file = join(await workshopFolder('policies'), `${name}.tar.gz`);
  await writeFile(file, await make());
  return file;
}

/** A policy from Rego text and data. Its decision path is `envoy/authz/allow`. */
export function policyOf(rego: string, data: object = {}): Policy {
  return { wasmBundle: () => build(rego, data, 'wasm'), regoBundle: () => build(rego, data, 'rego') };
}

async function build(rego: string, data: object, target: 'wasm' | 'rego'): Promise<string> {
  const text = JSON.stringify(data);
  const hash = createHash('sha256').update(rego).update(text).digest('hex').slice(0, 16);
  const folder = await workshopFolder('policies', hash);
  const bundle = join(folder, `${target}.tar.gz`);
  if (await stat(bundle).catch(() => undefined)) return bundle;
  await mkdir(join(folder, 'sources'), { recursive: true });
  await writeFile(join(folder, 'sources', 'policy.rego'), rego);
  await writeFile(join(folder, 'sources', 'data.json'), text);
  const made = join(folder, `${target}.new.tar.gz`);
  const args = ['build', '-t', target, '-e', 'envoy/authz/allow', '-b', 'sources', '-o', made];
  const outcome = await runOpa(folder, args);
  if (outcome.code !== 0) throw new Error(`opa build: ${outcome.stdout}${outcome.stderr}`);
  await rename(made, bundle);
  return bundle;
}
