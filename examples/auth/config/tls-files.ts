import { readFile } from 'node:fs/promises';

/** Names of the files of a store that is reached by TLS. */
export interface TlsFiles {
  readonly ca_file?: string | undefined;
  readonly cert_file?: string | undefined;
  readonly key_file?: string | undefined;
}

/** PEM texts. */
export interface TlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Reads those that there are. */
export async function readTlsFiles({ ca_file, cert_file, key_file }: TlsFiles): Promise<TlsTexts> {
  return {
    ...(ca_file !== undefined && { ca: await readFile(ca_file, 'utf8') }),
    ...(cert_file !== undefined && { cert: await readFile(cert_file, 'utf8') }),
    ...(key_file !== undefined && { key: await readFile(key_file, 'utf8') }),
  };
}
