import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { PortcullisError } from '../errors/portcullis-error.js';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** With it, clients must present a certificate of one of these authorities. */
  readonly clientCa?: string | undefined;
}

export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
  readonly minVersion: 'TLSv1.2';
}

/**
 * Reads the files and proves that they can be used, before any connection depends on them.
 *
 * @throws PortcullisError `tls_invalid`, naming the file
 */
export async function readTlsFiles(files: TlsFiles): Promise<TlsMaterial> {
  const [cert, key, ca] = await Promise.all([
    read(files.cert),
    read(files.key),
    files.clientCa === undefined ? undefined : read(files.clientCa),
  ]);
  const leaf = certificate(cert, files.cert);
  // An authority file without a certificate would otherwise pass, and refuse every client later.
  if (ca !== undefined && files.clientCa !== undefined) certificate(ca, files.clientCa);
  if (!leaf.checkPrivateKey(privateKey(key, files.key))) {
    throw new PortcullisError('tls_invalid', `${files.key} is not the private key of the certificate in ${files.cert}`);
  }
  const material: TlsMaterial = { cert, key, ...(ca !== undefined && { ca }), minVersion: 'TLSv1.2' };
  proveUsable(material, files);
  return material;
}

export function sameMaterial(one: TlsMaterial, other: TlsMaterial): boolean {
  return sameBytes(one.cert, other.cert) && sameBytes(one.key, other.key) && sameBytes(one.ca, other.ca);
}

function sameBytes(one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other);
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new PortcullisError('tls_invalid', `${path} cannot be read`, { cause });
  }
}

function certificate(pem: Buffer, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new PortcullisError('tls_invalid', `${path} does not hold a certificate in PEM form`, { cause });
  }
}

function privateKey(pem: Buffer, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new PortcullisError('tls_invalid', `${path} does not hold an unencrypted private key in PEM form`, { cause });
  }
}

function proveUsable(options: SecureContextOptions, files: TlsFiles): void {
  try {
    createSecureContext(options);
  } catch (cause) {
    throw new PortcullisError('tls_invalid', `${files.cert} and ${files.key} cannot be used for TLS`, { cause });
  }
}
