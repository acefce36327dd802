import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { defaultBundleLimits } from '../../src/policy/bundle/bundle.js';
import { readArchive } from '../../src/policy/bundle/read-archive.js';
import { runOpa } from './opa.js';
import type { Source } from './source.js';

export interface Module {
  /** The parts of `data` that the sources own. OPA refuses a source outside them. */
  readonly roots: readonly string[];
  readonly entrypoints: readonly string[];
}

/** What OPA compiles sources to, and the file that holds it in the bundle. */
const outputs = { wasm: 'policy.wasm', plan: 'plan.json' } as const;

/**
 * Compiles the sources to one WebAssembly module, or to the plan that OPA makes such a module of.
 *
 * Without OPA's optimiser: it writes the data it finds into the policy, and employees could then no
 * longer be changed without a new policy. It made no measurable difference to the speed of an evaluation.
 *
 * @throws Error with what OPA says about the sources.
 */
export async function compile(
  target: keyof typeof outputs,
  sources: readonly Source[],
  { roots, entrypoints }: Module,
): Promise<Source> {
  const workshop = await mkdtemp(join(tmpdir(), 'portcullis-policies-'));
  try {
    // OPA writes the names of source files into the module, so they are given by the same relative
    // path on every machine.
    for (const { path, bytes } of sources) {
      const place = join(workshop, 'policies', path);
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, bytes);
    }
    await writeFile(join(workshop, 'policies', '.manifest'), JSON.stringify({ roots }));
    const asked = entrypoints.flatMap((entrypoint) => ['-e', entrypoint]);
    const outcome = await runOpa(workshop, ['build', '-t', target, '-b', 'policies', ...asked, '-o', 'built.tar.gz']);
    if (outcome.code !== 0) throw new Error(`opa build: ${`${outcome.stderr}${outcome.stdout}`.trim()}`);
    return await fileOf(join(workshop, 'built.tar.gz'), outputs[target]);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

async function fileOf(bundle: string, path: string): Promise<Source> {
  const files = await readArchive(await readFile(bundle), defaultBundleLimits);
  if (!files.ok) throw new Error(`${bundle}: ${files.error}`);
  const found = files.value.find((file) => file.path === path);
  if (found === undefined) throw new Error(`${bundle} has no ${path}`);
  return { path, bytes: found.content };
}
