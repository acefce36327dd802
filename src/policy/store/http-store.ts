import { fail, ok, type Result } from '../../errors/result.js';
import { type BundleStore, limitTime, type ReadAnswer, type ReadRequest } from './bundle-store.js';
import { readLimited } from './read-limited.js';

export interface HttpPlace {
  /** Ends with a slash. */
  readonly url: string;
  /** The bearer token of the moment; asked for with each request. */
  readonly token: () => Promise<string | undefined>;
}

/** Bundles on a web server, the way OPA's bundle service gives them; written by conditional PUT (RFC 9110, 13.1). */
export function createHttpStore(place: HttpPlace): BundleStore {
  return new HttpStore(place);
}

class HttpStore implements BundleStore {
  readonly place: string;
  readonly #token: () => Promise<string | undefined>;

  constructor({ token, url }: HttpPlace) {
    this.place = url;
    this.#token = token;
  }

  async read(name: string, { known, maxBytes, signal, wait = 0 }: ReadRequest): Promise<Result<ReadAnswer>> {
    const seconds = Math.floor(wait / 1000);
    const headers = {
      ...(known !== undefined && { 'if-none-match': known }),
      // What OPA asks for: whole bundles or changes to the one before, and a wait for news.
      prefer: `modes=snapshot,delta${seconds > 0 ? `;wait=${seconds}` : ''}`,
    };
    return this.#send<ReadAnswer>(name, { headers, signal: limitTime(signal, wait) }, async (response) => {
      if (response.status === 304) return ok({ kind: 'unchanged' });
      if (response.status === 404) return ok({ kind: 'absent' });
      if (response.status !== 200) return fail(`${this.place}${name} cannot be read: status ${response.status}`);
      const content = await readLimited(response.body ?? emptyBody(), maxBytes);
      if (content === undefined) return fail(`${name} is larger than ${maxBytes} bytes`);
      return ok({ kind: 'found', content, version: response.headers.get('etag') ?? undefined });
    });
  }

  async create(name: string, content: Buffer): Promise<Result<'created' | 'exists'>> {
    const written = await this.#put(name, content, { 'if-none-match': '*' });
    return written.ok ? ok(written.value ? 'created' : 'exists') : written;
  }

  async replace(name: string, content: Buffer, version: string | undefined): Promise<Result<'replaced' | 'changed'>> {
    const condition = version === undefined ? { 'if-none-match': '*' } : { 'if-match': version };
    const written = await this.#put(name, content, condition);
    return written.ok ? ok(written.value ? 'replaced' : 'changed') : written;
  }

  async list(): Promise<Result<readonly string[]>> {
    return fail(`${this.place} cannot be listed: HTTP has no way to`);
  }

  close(): void {
    // Connections are the process's own.
  }

  #put(name: string, content: Buffer, condition: Readonly<Record<string, string>>): Promise<Result<boolean>> {
    const headers = { ...condition, 'content-type': 'application/gzip' };
    const request = { method: 'PUT', headers, body: Uint8Array.from(content), signal: limitTime(undefined) };
    return this.#send(name, request, async (response) => {
      if (response.status === 412) return ok(false);
      return response.ok ? ok(true) : fail(`${this.place}${name} cannot be written: status ${response.status}`);
    });
  }

  async #send<Value>(
    name: string,
    request: { readonly method?: string; readonly headers: Record<string, string> } & RequestInit,
    read: (response: Response) => Promise<Result<Value>>,
  ): Promise<Result<Value>> {
    try {
      const token = await this.#token();
      const headers = { ...request.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
      const response = await fetch(`${this.place}${pathOf(name)}`, { ...request, headers });
      const result = await read(response);
      await response.body?.cancel().catch(() => undefined);
      return result;
    } catch (error) {
      return fail(`${this.place}${name} cannot be reached: ${reasonOf(error)}`);
    }
  }
}

/**
 * Taken for a URL of its own, a name such as `http:evil.example`, or one with tabs between slashes, would lead the token
 * to another host (WHATWG URL, 4.4).
 */
function pathOf(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

async function* emptyBody(): AsyncIterable<Uint8Array> {
  // A 200 without a body is an empty object.
}

/** The cause is what `fetch` hides behind "fetch failed". */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException).code;
  return code === undefined ? String(cause instanceof Error ? cause.message : cause) : String(code);
}
