import { createHash } from 'node:crypto';
import { fail, ok, type Result } from '../../errors/result.js';
import { parseJson } from '../../json/parse.js';
import { isRecord } from '../bundle/merge-data.js';
import { type BundleStore, limitTime, type ReadAnswer, type ReadRequest } from './bundle-store.js';
import { reasonOf } from './http-store.js';
import { readLimited } from './read-limited.js';

export interface OciPlace {
  /** `https://host[:port]`. */
  readonly origin: string;
  readonly repository: string;
  /** `user:password`, or a bearer token; asked for with each request. */
  readonly token: () => Promise<string | undefined>;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
/** The only layer that OPA looks for. */
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';
const longestManifest = 1024 * 1024;

/**
 * Bundles in an OCI registry, one tag for each name, in the form that OPA pulls too. The distribution protocol has no
 * conditional writes: a tag is looked up and then written, so two publishers at one moment are not told apart. A
 * registry that can forbid moving tags should be told to.
 */
export function createOciStore(place: OciPlace): BundleStore {
  return new OciStore(place);
}

class OciStore implements BundleStore {
  readonly place: string;
  readonly #base: string;
  readonly #token: () => Promise<string | undefined>;

  constructor({ origin, repository, token }: OciPlace) {
    this.place = `oci://${new URL(origin).host}/${repository}`;
    this.#base = `${origin}/v2/${repository}`;
    this.#token = token;
  }

  async read(name: string, { known, maxBytes, signal }: ReadRequest): Promise<Result<ReadAnswer>> {
    const manifest = await this.#get(`manifests/${tagOf(name)}`, longestManifest, signal);
    if (!manifest.ok) return manifest;
    if (manifest.value === undefined) return ok({ kind: 'absent' });
    const version = digestOf(manifest.value);
    if (version === known) return ok({ kind: 'unchanged' });
    const digest = layerOf(manifest.value);
    if (!digest.ok) return fail(`${name} in ${this.place}: ${digest.error}`);
    const content = await this.#get(`blobs/${digest.value}`, maxBytes, signal);
    if (!content.ok) return content;
    if (content.value === undefined) return fail(`${name} in ${this.place} has lost its layer`);
    if (digestOf(content.value) !== digest.value)
      return fail(`${name} in ${this.place} is not what its manifest names`);
    return ok({ kind: 'found', content: content.value, version });
  }

  async create(name: string, content: Buffer): Promise<Result<'created' | 'exists'>> {
    const written = await this.replace(name, content, undefined);
    return written.ok ? ok(written.value === 'replaced' ? 'created' : 'exists') : written;
  }

  async replace(name: string, content: Buffer, version: string | undefined): Promise<Result<'replaced' | 'changed'>> {
    const current = await this.#get(`manifests/${tagOf(name)}`, longestManifest, undefined);
    if (!current.ok) return current;
    if ((current.value === undefined ? undefined : digestOf(current.value)) !== version) return ok('changed');
    const config = Buffer.from('{"architecture":"unknown","os":"unknown","rootfs":{"type":"layers","diff_ids":[]}}');
    for (const blob of [config, content]) {
      const uploaded = await this.#upload(blob);
      if (!uploaded.ok) return uploaded;
    }
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: descriptor(configType, config),
      layers: [descriptor(layerType, content)],
    });
    const put = await this.#send('PUT', `manifests/${tagOf(name)}`, {
      type: manifestType,
      body: Buffer.from(manifest),
    });
    return put.ok ? ok('replaced') : put;
  }

  async list(prefix: string): Promise<Result<readonly string[]>> {
    return fail(`${prefix} cannot be listed in ${this.place}: a registry has no folders`);
  }

  close(): void {
    // Connections are the process's own.
  }

  async #upload(blob: Buffer): Promise<Result<unknown>> {
    const begun = await this.#send('POST', 'blobs/uploads/', {});
    if (!begun.ok) return begun;
    const location = begun.value.headers.get('location');
    if (location === null) return fail(`${this.place} does not say where to upload to`);
    const target = new URL(location, this.#base);
    // Elsewhere, the credentials would be given away.
    if (target.origin !== new URL(this.#base).origin) return fail(`${this.place} sends uploads to ${target.origin}`);
    target.searchParams.set('digest', digestOf(blob));
    return this.#send('PUT', target.href, { type: 'application/octet-stream', body: blob });
  }

  /** `undefined` if it is not there. */
  async #get(path: string, maxBytes: number, signal: AbortSignal | undefined): Promise<Result<Buffer | undefined>> {
    try {
      const headers = { accept: manifestType, ...(await this.#authorization()) };
      const response = await fetch(`${this.#base}/${path}`, { headers, signal: limitTime(signal) });
      if (response.status === 404) return ok(undefined);
      if (response.status !== 200 || response.body === null) {
        return fail(`${path} cannot be read in ${this.place}: status ${response.status}`);
      }
      const content = await readLimited(response.body, maxBytes);
      return content === undefined ? fail(`${path} is larger than ${maxBytes} bytes`) : ok(content);
    } catch (error) {
      return fail(`${this.place} cannot be reached: ${reasonOf(error)}`);
    }
  }

  async #send(
    method: string,
    path: string,
    { body, type }: { readonly body?: Buffer; readonly type?: string },
  ): Promise<Result<Response>> {
    try {
      const headers = { ...(type !== undefined && { 'content-type': type }), ...(await this.#authorization()) };
      const content = body === undefined ? {} : { body: Uint8Array.from(body) };
      const url = URL.canParse(path) ? path : `${this.#base}/${path}`;
      const response = await fetch(url, {
        method,
        headers,
        ...content,
        redirect: 'error',
        signal: limitTime(undefined),
      });
      await response.body?.cancel();
      if (response.ok) return ok(response);
      return fail(`${this.place} refuses ${method}: status ${response.status}`);
    } catch (error) {
      return fail(`${this.place} cannot be reached: ${reasonOf(error)}`);
    }
  }

  async #authorization(): Promise<Record<string, string>> {
    const token = await this.#token();
    if (token === undefined) return {};
    const scheme = token.includes(':') ? `Basic ${Buffer.from(token).toString('base64')}` : `Bearer ${token}`;
    return { authorization: scheme };
  }
}

/** `<sha>.tar.gz` is the tag `<sha>`, `channels/production.json` is `channels-production.json`. */
function tagOf(name: string): string {
  return name.replace(/\.tar\.gz$/, '').replaceAll('/', '-');
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

function descriptor(mediaType: string, content: Buffer) {
  return { mediaType, digest: digestOf(content), size: content.length };
}

function layerOf(manifest: Buffer): Result<string> {
  const parsed = parseJson(manifest.toString('utf8'));
  const layers = parsed.ok && isRecord(parsed.value) ? parsed.value['layers'] : undefined;
  if (!Array.isArray(layers)) return fail('its manifest has no layers');
  const layer = layers.find((entry) => isRecord(entry) && entry['mediaType'] === layerType);
  const digest = isRecord(layer) ? layer['digest'] : undefined;
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest))
    return fail(`it has no layer of type ${layerType}`);
  return ok(digest);
}
