import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import type { Source } from './source.js';

const block = 512;

/**
 * A `.tar.gz` whose bytes depend on nothing but names and contents: entries in the order of their
 * names, no owner, no time.
 */
export function pack(files: readonly Source[]): Buffer {
  const sorted = [...files].sort((left, right) => (left.path < right.path ? -1 : 1));
  const entries = sorted.flatMap(({ path, bytes }) => [
    header(path, bytes.length),
    bytes,
    Buffer.alloc((block - (bytes.length % block)) % block),
  ]);
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(2 * block)]), { level: 9 });
}

function header(path: string, size: number): Buffer {
  const encoded = Buffer.alloc(block);
  // OPA writes the names in its bundles with a leading slash and looks up `/policy.wasm` with it.
  const name = `/${path}`;
  const fields = { path: name, type: 'File' as const, mode: 0o644, uid: 0, gid: 0, size, mtime: new Date(0) };
  if (new Header(fields).encode(encoded)) throw new Error(`${path}: the name is too long for a plain tar header`);
  return encoded;
}
