import { createHash } from 'node:crypto';
import { fail, ok, type Result } from '../../errors/result.js';
import { assembleBundle } from '../../policy/bundle/assemble-bundle.js';
import { buildBundle } from '../../policy/workshop/build.js';
import type { Opa } from '../../policy/workshop/opa.js';
import { gitRevision } from '../../policy/workshop/revision.js';
import { type BundleSources, readSources } from '../../policy/workshop/sources.js';
import type { CommandIo } from '../command-io.js';
import type { BundleArguments } from './arguments.js';
import { passesCheck } from './check.js';
import { tryBundle } from './embedded.js';
import { writeBundleArchive } from './files.js';
import { openOpa } from './open-opa.js';
import { passesTests } from './test.js';

/** `portcullis bundle build DIR -o FILE`: nothing is written unless everything before it went well. */
export async function buildBundleFile(args: BundleArguments, io: CommandIo): Promise<Result<undefined>> {
  const { operand, options } = args;
  const opa = await openOpa(args, io);
  if (!opa.ok) return opa;
  const read = await readSources(operand, options.exclude);
  if (!read.ok) return read;
  const sources = { ...read.value, roots: options.roots ?? read.value.roots };
  const revision = await revisionOf(sources, args, io);
  if (!revision.ok) return revision;
  const sound = await passesGate(opa.value, sources, args, io);
  if (!sound.ok) return sound;
  const files = await buildBundle(opa.value, sources, { ...options, revision: revision.value });
  if (!files.ok) return files;
  const bundle = assembleBundle(files.value);
  if (!bundle.ok) return fail(`the bundle that was built cannot be read: ${bundle.error}`);
  const served =
    options.target === 'rego'
      ? ok(undefined)
      : await tryBundle(bundle.value, [...bundle.value.manifest.entrypoints, ...options.entrypoints]);
  if (!served.ok) return served;
  const written = await writeBundleArchive(options.output ?? '', files.value);
  if (!written.ok) return written;
  const sha256 = createHash('sha256').update(written.value).digest('hex');
  io.stdout(`revision ${revision.value}\nsha256   ${sha256}\n`);
  return ok(undefined);
}

async function passesGate(
  opa: Opa,
  sources: BundleSources,
  args: BundleArguments,
  io: CommandIo,
): Promise<Result<undefined>> {
  const { skipCheck, skipTests } = args.options;
  if (skipCheck) io.stderr('warning: built without a check (--skip-check)\n');
  if (skipTests) io.stderr('warning: built without its tests (--skip-tests)\n');
  const checked = skipCheck ? ok(undefined) : await passesCheck(opa, sources, args, io);
  if (!checked.ok || skipTests) return checked;
  return passesTests(opa, sources, args, io, io.stderr);
}

async function revisionOf(
  sources: BundleSources,
  { operand, options }: BundleArguments,
  io: CommandIo,
): Promise<Result<string>> {
  if (options.revision !== 'auto') return ok(options.revision);
  const git = await gitRevision(operand, sources.all, options.exclude, io.env);
  if (!git.ok) return git;
  const { commit, dirty } = git.value;
  if (dirty.length === 0) return ok(commit);
  if (options.allowDirty) return ok(`${commit}-dirty`);
  return fail(`not what the commit holds: ${dirty.join(', ')}. Commit, or build for yourself: --allow-dirty`);
}
