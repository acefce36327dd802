import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { fail, ok, type Result } from '../../errors/result.js';
import { type BundleStore, limitTime, type ReadAnswer, type ReadRequest } from './bundle-store.js';
import { readLimited } from './read-limited.js';

export interface S3Place {
  readonly bucket: string;
  /** Ends with a slash, or is empty. */
  readonly prefix: string;
  /** Of a server that speaks S3 but is not Amazon's; buckets are then named in the path. */
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
}

/**
 * Bundles in an S3 bucket. Requests are signed (SigV4) with what Amazon's own SDK finds, in its order: environment,
 * web identity, configuration files, the instance's role.
 */
export async function createS3Store(place: S3Place): Promise<BundleStore> {
  // Loaded where it is needed: most adapters have no bucket, and the SDK is large.
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    ...(place.endpoint !== undefined && { endpoint: place.endpoint, forcePathStyle: true }),
    region: place.region ?? 'us-east-1',
    maxAttempts: 3,
    // Servers that are not Amazon's know fewer checksums; ours is given with each write.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return new S3Store(sdk, client, place);
}

type Sdk = typeof import('@aws-sdk/client-s3');

class S3Store implements BundleStore {
  readonly place: string;
  readonly #sdk: Sdk;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(sdk: Sdk, client: S3Client, { bucket, prefix }: S3Place) {
    this.place = `s3://${bucket}/${prefix}`;
    this.#sdk = sdk;
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  async read(name: string, { known, maxBytes, signal }: ReadRequest): Promise<Result<ReadAnswer>> {
    const abortSignal = limitTime(signal);
    try {
      const command = new this.#sdk.GetObjectCommand({ ...this.#key(name), ...(known && { IfNoneMatch: known }) });
      const { Body, ETag } = await this.#client.send(command, { abortSignal });
      if (Body === undefined) return fail(`${name} in ${this.place} came without a body`);
      const content = await readLimited(Body as AsyncIterable<Uint8Array>, maxBytes);
      if (content === undefined) return fail(`${name} is larger than ${maxBytes} bytes`);
      return ok({ kind: 'found', content, version: ETag });
    } catch (error) {
      const status = statusOf(error);
      if (status === 304) return ok({ kind: 'unchanged' });
      // Without the permission to list, S3 answers 403 for what is not there; that stays a failure.
      return status === 404 ? ok({ kind: 'absent' }) : this.#failed('cannot be read', name, error);
    }
  }

  async create(name: string, content: Buffer): Promise<Result<'created' | 'exists'>> {
    const written = await this.#put(name, content, { IfNoneMatch: '*' });
    return written.ok ? ok(written.value ? 'created' : 'exists') : written;
  }

  async replace(name: string, content: Buffer, version: string | undefined): Promise<Result<'replaced' | 'changed'>> {
    const condition = version === undefined ? { IfNoneMatch: '*' } : { IfMatch: version };
    const written = await this.#put(name, content, condition);
    return written.ok ? ok(written.value ? 'replaced' : 'changed') : written;
  }

  async list(prefix: string): Promise<Result<readonly string[]>> {
    try {
      const names: string[] = [];
      let from: string | undefined;
      do {
        const command = new this.#sdk.ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: `${this.#prefix}${prefix}`,
          ...(from !== undefined && { ContinuationToken: from }),
        });
        const page = await this.#client.send(command, { abortSignal: limitTime(undefined) });
        for (const { Key } of page.Contents ?? []) names.push(String(Key).slice(this.#prefix.length));
        from = page.NextContinuationToken;
      } while (from !== undefined);
      return ok(names);
    } catch (error) {
      return this.#failed('cannot be listed', prefix, error);
    }
  }

  close(): void {
    this.#client.destroy();
  }

  /** Whether the condition held and the object was written. */
  async #put(
    name: string,
    content: Buffer,
    condition: { readonly IfNoneMatch?: string; readonly IfMatch?: string },
  ): Promise<Result<boolean>> {
    const ChecksumSHA256 = createHash('sha256').update(content).digest('base64');
    const command = new this.#sdk.PutObjectCommand({ ...this.#key(name), ...condition, Body: content, ChecksumSHA256 });
    try {
      await this.#client.send(command, { abortSignal: limitTime(undefined) });
      return ok(true);
    } catch (error) {
      const status = statusOf(error);
      // 409: another conditional write was under way, and it may yet fail.
      if (status === 412 || (status === 404 && condition.IfMatch !== undefined)) return ok(false);
      return this.#failed('cannot be written', name, error);
    }
  }

  #key(name: string) {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${name}` };
  }

  #failed(what: string, name: string, error: unknown): Result<never> {
    const { message, name: kind } = error instanceof Error ? error : { message: String(error), name: 'Error' };
    const status = statusOf(error);
    return fail(`${name} ${what} in ${this.place}: ${status === undefined ? '' : `${status} `}${kind}: ${message}`);
  }
}

function statusOf(error: unknown): number | undefined {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return typeof status === 'number' ? status : undefined;
}
