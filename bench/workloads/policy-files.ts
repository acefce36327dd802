import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gatewayBundle, regoBundle } from '../../scripts/policies/gateway.js';
import { findTool } from '../../scripts/tools/find-tool.js';
import { parseBundleArguments } from '../../src/cli/bundle/arguments.js';
import { bundleCommand } from '../../src/cli/bundle-command.js';
import { workshopFolder } from '../rig/places.js';
import type { Policy } from './workload.js';

/** The policy that comes with Portcullis. */
export const gatewayPolicy: Policy = {
  wasmBundle: once(() => keep('gateway-wasm', gatewayBundle)),
  regoBundle: once(() => keep('gateway-rego', regoBundle)),
};

async function keep(name: string, make: () => Promise<Buffer>): Promise<string> {
  const file = join(await workshopFolder('policies'), `${name}.tar.gz`);
  await writeFile(file, await make());
  return file;
}

/** A policy from Rego text and data. Its decision path is `envoy/authz/allow`. */
export function policyOf(rego: string, data: object = {}): Policy {
  return { wasmBundle: once(() => build(rego, data, 'wasm')), regoBundle: once(() => build(rego, data, 'rego')) };
}

/** As users build it, with `portcullis bundle build`, and anew in each run: what is in a bundle may have changed. */
async function build(rego: string, data: object, target: 'wasm' | 'rego'): Promise<string> {
  const text = JSON.stringify(data);
  const hash = createHash('sha256').update(rego).update(text).digest('hex').slice(0, 16);
  const folder = await workshopFolder('policies', hash);
  const sources = join(folder, 'sources');
  await mkdir(sources, { recursive: true });
  await writeFile(join(sources, 'policy.rego'), rego);
  await writeFile(join(sources, 'data.json'), text);
  const bundle = join(folder, `${target}.tar.gz`);
  const options = ['--target', target, '--entrypoint', 'envoy/authz/allow', '--revision', 'bench', '--output', bundle];
  const args = ['build', sources, ...options, '--skip-check', '--skip-tests', '--opa', await findTool('opa')];
  const parsed = parseBundleArguments(args);
  if (!parsed.ok || parsed.value.command !== 'bundle') throw new Error(`bundle ${args.join(' ')}`);
  let said = '';
  const say = (words: string) => {
    said += words;
  };
  const code = await bundleCommand(parsed.value, { env: process.env, stdout: say, stderr: say });
  if (code !== 0) throw new Error(`bundle build: ${said}`);
  return bundle;
}

/** Calls `make` once, whoever asks how often. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
