import { fail, ok, type Result } from '../../errors/result.js';
import { assembleBundle } from '../../policy/bundle/assemble-bundle.js';
import { publishBundle } from '../../policy/channel/publish.js';
import type { CommandIo } from '../command-io.js';
import type { BundleArguments } from './arguments.js';
import { readBundleArchive } from './files.js';
import { withStore } from './named-store.js';
import { openTrust } from './sign.js';

/** `portcullis bundle publish FILE --to STORE`. */
export async function publishBundleFile(args: BundleArguments, io: CommandIo): Promise<Result<undefined>> {
  const { operand, options } = args;
  const trust = await openTrust(args);
  if (!trust.ok) return trust;
  const archive = await readBundleArchive(operand);
  if (!archive.ok) return archive;
  const trusted = trust.value(archive.value.files);
  if (!trusted.ok) return fail(`${operand}: ${trusted.error}`);
  const bundle = assembleBundle(archive.value.files);
  if (!bundle.ok) return fail(`${operand}: ${bundle.error}`);
  const { revision } = bundle.value.manifest;
  if (revision === undefined) return fail(`${operand} has no revision; build it with one: bundle build --revision`);
  if (revision.endsWith('-dirty') && !options.allowDirty) {
    return fail(`${operand} holds what no commit holds (${revision}); commit first, or say --allow-dirty`);
  }
  return withStore(args, async (store) => {
    const published = await publishBundle(store, revision, archive.value.bytes, (files) => trust.value(files).ok);
    if (!published.ok) return published;
    const { fresh, sha256 } = published.value;
    io.stdout(`revision ${revision}\nsha256   ${sha256}\n${fresh ? 'published to' : 'already in'} ${store.place}\n`);
    return ok(undefined);
  });
}
