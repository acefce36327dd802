import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const protosFolder = fileURLToPath(new URL('../../protos/', import.meta.url));

/**
 * Everything in `protos/`. Parsed file by file, because protobufjs would put its own copies in the
 * place of what is imported from `google/protobuf`.
 */
export function loadOwnProtos(): protobuf.Root {
  const root = new protobuf.Root();
  const files = readdirSync(protosFolder, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.proto'))) {
    protobuf.parse(readFileSync(join(protosFolder, file), 'utf8'), root, { keepCase: true });
  }
  return root;
}

/** The named files and all that they import, looked for in `folders`. */
export function loadProtos(files: readonly string[], folders: readonly string[]): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => {
    const found = folders.map((folder) => join(folder, target)).find((path) => existsSync(path));
    return found ?? target;
  };
  return root.loadSync([...files], { keepCase: true });
}
