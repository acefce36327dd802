import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { fail, ok, type Result } from '../../errors/result.js';
import type { BundleFile, BundleLimits } from './bundle.js';
import { bundlePath } from './bundle-path.js';

const inflate = promisify(gunzip);

/** The files of a `.tar.gz`, held in memory and never written to disk. */
export async function readArchive(archive: Buffer, limits: BundleLimits): Promise<Result<readonly BundleFile[]>> {
  let content: Buffer;
  try {
    content = await inflate(archive, { maxOutputLength: limits.maxContentBytes });
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return fail(tooLarge ? `it unpacks to more than ${limits.maxContentBytes} bytes` : 'it is not a gzip archive');
  }
  if (isCompressed(content)) return fail('it is compressed twice');
  return readEntries(content, limits);
}

/** The tar parser would inflate these on its own, past the limit that was just held (a nested bomb). */
function isCompressed(content: Buffer): boolean {
  const magic = content.subarray(0, 4).toString('hex');
  return magic.startsWith('1f8b') || magic === '28b52ffd';
}

function readEntries(content: Buffer, limits: BundleLimits): Promise<Result<readonly BundleFile[]>> {
  return new Promise((resolve) => {
    const files: BundleFile[] = [];
    const seen = new Set<string>();
    let entries = 0;
    let refusal: string | undefined;

    const onReadEntry = (entry: ReadEntry): void => {
      entries += 1;
      if (entries > limits.maxEntries) refusal ??= `it has more than ${limits.maxEntries} entries`;
      const path = refusal === undefined ? admit(entry, seen) : fail(refusal);
      if (!path.ok) refusal ??= path.error;
      if (!path.ok || path.value === '' || entry.type === 'Directory') {
        entry.resume();
        return;
      }
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => files.push({ path: path.value, content: Buffer.concat(chunks) }));
    };

    const parser = new Parser({ strict: true, onReadEntry });
    parser.on('error', (error: Error) => resolve(fail(`it is not a sound tar archive: ${error.message}`)));
    parser.on('end', () => resolve(refusal === undefined ? ok(files) : fail(refusal)));
    try {
      parser.end(content);
    } catch (error) {
      resolve(fail(`it is not a sound tar archive: ${String(error)}`));
    }
  });
}

const fileTypes: ReadonlySet<string> = new Set(['File', 'OldFile', 'ContiguousFile', 'Directory']);

function admit(entry: ReadEntry, seen: Set<string>): Result<string> {
  if (!fileTypes.has(entry.type)) {
    return fail(`the entry ${JSON.stringify(entry.path)} is neither a file nor a folder (${entry.type})`);
  }
  const path = bundlePath(entry.path);
  if (!path.ok || entry.type === 'Directory') return path;
  // Readers disagree on which of two same-named entries counts, so a scanner and we could see different policies.
  if (seen.has(path.value)) return fail(`the entry ${JSON.stringify(entry.path)} is there twice`);
  seen.add(path.value);
  return path;
}
