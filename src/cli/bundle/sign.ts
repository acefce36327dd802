import { fail, ok, type Result } from '../../errors/result.js';
import { assembleBundle } from '../../policy/bundle/assemble-bundle.js';
import type { BundleFile } from '../../policy/bundle/bundle.js';
import { signBundle } from '../../policy/signature/sign-bundle.js';
import { signingKey, verificationKey } from '../../policy/signature/signing-key.js';
import { verifyBundle } from '../../policy/signature/verify-bundle.js';
import type { CommandIo } from '../command-io.js';
import type { BundleArguments } from './arguments.js';
import { readBundleArchive, readWhole, writeBundleArchive } from './files.js';

const longestKey = 64 * 1024;

/** `portcullis bundle sign FILE --key FILE`. */
export async function signBundleFile({ operand, options }: BundleArguments): Promise<Result<undefined>> {
  const content = await readWhole(options.key, longestKey);
  if (!content.ok) return content;
  const key = signingKey(content.value, options.algorithm);
  if (!key.ok) return fail(`${options.key}: ${key.error}`);
  const archive = await readBundleArchive(operand);
  if (!archive.ok) return archive;
  const bundle = assembleBundle(archive.value.files);
  if (!bundle.ok) return fail(`${operand}: ${bundle.error}`);
  const { keyId, scope } = options;
  const signed = signBundle(archive.value.files, { key: key.value, keyId, scope });
  if (!signed.ok) return fail(`${operand}: ${signed.error}`);
  const written = await writeBundleArchive(options.output ?? operand, signed.value);
  return written.ok ? ok(undefined) : written;
}

/** `portcullis bundle verify FILE --key FILE`. */
export async function verifyBundleFile(args: BundleArguments, io: CommandIo): Promise<Result<undefined>> {
  const { operand } = args;
  const trust = await openTrust(args);
  if (!trust.ok) return trust;
  const archive = await readBundleArchive(operand);
  if (!archive.ok) return archive;
  const verified = trust.value(archive.value.files);
  if (!verified.ok) return fail(`${operand}: ${verified.error}`);
  io.stdout(`OK: the signature vouches for ${archive.value.files.length - 1} files\n`);
  return ok(undefined);
}

/** What `--key`, `--algorithm` and `--scope` demand of a bundle; without a key, nothing. */
export async function openTrust({
  options,
}: BundleArguments): Promise<Result<(files: readonly BundleFile[]) => Result<undefined>>> {
  if (options.key === '') return ok(() => ok(undefined));
  const content = await readWhole(options.key, longestKey);
  if (!content.ok) return content;
  const key = verificationKey(content.value, options.algorithm);
  if (!key.ok) return fail(`${options.key}: ${key.error}`);
  const verification = { key: key.value, scope: options.scope ?? '' };
  return ok((files) => {
    const verified = verifyBundle(files, verification, Date.now());
    return verified.ok ? ok(undefined) : verified;
  });
}
