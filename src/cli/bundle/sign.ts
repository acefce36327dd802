import { fail, ok, type Result } from '../../errors/result.js';
import { assembleBundle } from '../../policy/assemble-bundle.js';
import { signingKey, verificationKey } from '../../policy/bundle-key.js';
import { signBundle } from '../../policy/bundle-sign.js';
import { verifyBundle } from '../../policy/bundle-verify.js';
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
export async function verifyBundleFile(
  { operand, options }: BundleArguments,
  io: CommandIo,
): Promise<Result<undefined>> {
  const content = await readWhole(options.key, longestKey);
  if (!content.ok) return content;
  const key = verificationKey(content.value, options.algorithm);
  if (!key.ok) return fail(`${options.key}: ${key.error}`);
  const archive = await readBundleArchive(operand);
  if (!archive.ok) return archive;
  const verified = verifyBundle(archive.value.files, { key: key.value, scope: options.scope ?? '' }, Date.now());
  if (!verified.ok) return fail(`${operand}: ${verified.error}`);
  io.stdout(`OK: the signature vouches for ${verified.value.files.length} files\n`);
  return ok(undefined);
}
