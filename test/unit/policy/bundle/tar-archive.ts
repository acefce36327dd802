import { gzipSync } from 'node:zlib';
import { Header } from 'tar';

export interface TarEntry {
  readonly path: string;
  readonly content?: string | Buffer;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice';
  readonly linkpath?: string;
}

/** A tar archive with whatever entries, also those that no honest program writes. */
export function tarArchive(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ content = '', path, type = 'File', linkpath }) => {
    const body = Buffer.from(content);
    const header = Buffer.alloc(512);
    new Header({ path, type, size: body.length, mode: 0o644, ...(linkpath !== undefined && { linkpath }) }).encode(
      header,
    );
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

export function bundleArchive(entries: readonly TarEntry[]): Buffer {
  return gzipSync(tarArchive(entries));
}
