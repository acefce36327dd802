import { createHash } from 'node:crypto';
import { printable } from '../../config/problem.js';
import { fail, ok, type Result } from '../../errors/result.js';
import type { BundleFile } from '../../policy/bundle/bundle.js';
import {
  type BundleSummary,
  inspectBundle,
  type PackageSummary,
  packageSummaries,
} from '../../policy/workshop/inspect.js';
import { findOpa } from '../../policy/workshop/opa.js';
import type { CommandIo } from '../command-io.js';
import type { BundleArguments } from './arguments.js';
import { type NeededBuiltins, neededBuiltins } from './embedded.js';
import { readBundleArchive } from './files.js';
import { compileForLooking, modulesOf } from './modules.js';

/** What is known only with an OPA; `undefined` members could not be found out. */
interface Findings {
  readonly packages: readonly PackageSummary[] | undefined;
  readonly builtins: NeededBuiltins | undefined;
  readonly notes: readonly string[];
}

/** `portcullis bundle inspect FILE`. */
export async function inspectBundleFile(args: BundleArguments, io: CommandIo): Promise<Result<undefined>> {
  const archive = await readBundleArchive(args.operand);
  if (!archive.ok) return archive;
  const { bytes, files } = archive.value;
  const inspected = inspectBundle(files);
  if (!inspected.ok) return fail(`${args.operand}: ${inspected.error}`);
  const { bundle, summary } = inspected.value;
  const findings = await look(files, bundle.wasm, args, io);
  if (!findings.ok) return findings;
  const whole = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  const { builtins, notes, packages } = findings.value;
  if (args.options.json) io.stdout(`${JSON.stringify({ ...whole, ...summary, packages, builtins }, null, 2)}\n`);
  else io.stdout(describe(whole, summary, findings.value));
  for (const note of notes) io.stderr(`${printable(note)}\n`);
  return ok(undefined);
}

async function look(
  files: readonly BundleFile[],
  wasm: Uint8Array | undefined,
  { options }: BundleArguments,
  io: CommandIo,
): Promise<Result<Findings>> {
  const opa = await findOpa(options.opa, io.env['PATH'] ?? '');
  const compiled = wasm === undefined ? undefined : await neededBuiltins(wasm);
  if (compiled?.ok === false) return compiled;
  const builtins = compiled?.value;
  if (!opa.ok) {
    // Asked for by name, it must be there; otherwise the rest is worth showing without it.
    return options.opa === undefined
      ? ok({ packages: undefined, builtins, notes: [`not all is shown: ${opa.error}`] })
      : opa;
  }
  const modules = await modulesOf(opa.value, files);
  if (!modules.ok) return modules;
  const packages = packageSummaries(modules.value);
  if (builtins !== undefined || modules.value.length === 0) return ok({ packages, builtins, notes: [] });
  const made = await compileForLooking(opa.value, files, modules.value);
  const needed = made.ok ? await neededBuiltins(made.value) : made;
  if (!needed.ok) return ok({ packages, builtins, notes: [`the built-in functions are not shown: ${needed.error}`] });
  return ok({ packages, builtins: needed.value, notes: [] });
}

function describe(
  { bytes, sha256 }: { readonly bytes: number; readonly sha256: string },
  summary: BundleSummary,
  { builtins, packages }: Findings,
): string {
  const { signature } = summary;
  const signed =
    signature === undefined
      ? 'none'
      : `${signature.algorithm}, key ${signature.keyId ?? 'unnamed'}, scope ${JSON.stringify(signature.scope)}, ${signature.files} files (not verified)`;
  const lines: readonly (readonly [string, readonly string[]])[] = [
    ['sha256', [sha256]],
    ['bytes', [String(bytes)]],
    ['revision', [summary.revision ?? 'none']],
    ['roots', summary.roots.map((root) => (root === '' ? 'all of data' : root))],
    ['entrypoints', summary.entrypoints],
    ['signature', [signed]],
    ['files', summary.files.map((file) => `${file.path} (${file.bytes} bytes)`)],
    ['data', summary.data.map(({ bytes: size, name }) => `data.${name} (${size} bytes)`)],
    ['engine', [summary.wasmBytes === undefined ? 'no WebAssembly module' : `WebAssembly, ${summary.wasmBytes} bytes`]],
    ['plan', [summary.hasPlan ? 'yes' : 'no']],
    ['packages', packages?.map((found) => `${found.package}: ${found.rules.join(', ')}`) ?? ['not known']],
    ['built-ins', builtinLines(builtins)],
  ];
  return lines.map(([name, values]) => section(name, values)).join('');
}

function builtinLines(builtins: NeededBuiltins | undefined): readonly string[] {
  if (builtins === undefined) return ['not known'];
  if (builtins.needed.length === 0) return ['none but those of WebAssembly'];
  const missing = new Set(builtins.missing);
  return builtins.needed.map((name) => `${name}${missing.has(name) ? ' (the embedded engine does not have it)' : ''}`);
}

function section(name: string, values: readonly string[]): string {
  const shown = values.length === 0 ? ['none'] : values;
  return shown.map((value, index) => `${(index === 0 ? name : '').padEnd(12)} ${printable(value)}\n`).join('');
}
