import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { fail, ok, type Result } from '../../errors/result.js';
import type { BundleFile } from '../bundle/bundle.js';

const block = 512;

/**
 * A `.tar.gz` whose bytes depend on nothing but names and contents: entries in the order of their
 * names, no owner, no time.
 */
export function packBundle(files: readonly BundleFile[]): Result<Buffer> {
  const blocks: Buffer[] = [];
  for (const { path, content } of [...files].sort((left, right) => (left.path < right.path ? -1 : 1))) {
    const header = encodeHeader(path, content.length);
    if (header === undefined) return fail(`${path}: the name is too long for a plain tar header`);
    blocks.push(header, content, Buffer.alloc((block - (content.length % block)) % block));
  }
  return ok(gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * block)]), { level: 9 }));
}

function encodeHeader(path: string, size: number): Buffer | undefined {
  const encoded = Buffer.alloc(block);
  // OPA writes the names in its bundles with a leading slash and looks up `/policy.wasm` with it.
  const fields = { path: `/${path}`, type: 'File' as const, mode: 0o644, uid: 0, gid: 0, size, mtime: new Date(0) };
  return new Header(fields).encode(encoded) ? undefined : encoded;
}
