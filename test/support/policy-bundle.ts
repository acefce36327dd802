import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { startChild } from '../../scripts/demo/child-process.js';
import { findTool } from '../../scripts/tools/find-tool.js';

export interface PolicySources {
  /** Rego text, or texts by file name. */
  readonly rego: string | Readonly<Record<string, string>>;
  readonly data?: unknown;
  /** Decision paths, such as `envoy/authz/allow`. */
  readonly entrypoints: readonly string[];
  readonly revision?: string;
  /** `wasm` for the embedded engine (default), `rego` for an OPA server, `plan` for one with its plan beside it. */
  readonly target?: 'wasm' | 'rego' | 'plan';
}

const built = new Map<string, Promise<string>>();
let folder: string | undefined;

/** Builds a bundle with the real OPA; returns the path of its `.tar.gz`. The same sources are built once in a test file. */
export function buildBundle(sources: PolicySources): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(sources)).digest('hex').slice(0, 16);
  const known = built.get(hash) ?? build(sources, join(temporary(), hash));
  built.set(hash, known);
  return known;
}

async function build(sources: PolicySources, place: string): Promise<string> {
  const { data, entrypoints, revision = 'test', rego, target = 'wasm' } = sources;
  const files: Record<string, string> = typeof rego === 'string' ? { 'policy.rego': rego } : { ...rego };
  if (data !== undefined) files['data.json'] = JSON.stringify(data);
  for (const [name, text] of Object.entries(files)) {
    const file = join(place, 'sources', name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const bundle = join(place, 'bundle.tar.gz');
  const wanted = entrypoints.flatMap((path) => ['-e', path]);
  const args = ['build', '-t', target, '-r', revision, ...wanted, '-o', bundle, '-b', '.'];
  const opa = startChild({ name: 'opa build', program: await findTool('opa'), args, cwd: join(place, 'sources') });
  const { code } = await opa.exited;
  if (code !== 0) throw new Error(`opa build failed\n${opa.stderr.join('\n')}`);
  return bundle;
}

function temporary(): string {
  folder ??= mkdtempSync(join(tmpdir(), 'portcullis-bundles-'));
  return folder;
}

// Test workers end without the process event `exit`, so the file's own end is the time to clean up.
afterAll(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  folder = undefined;
  built.clear();
});
