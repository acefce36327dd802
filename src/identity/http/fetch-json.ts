import { fail, ok, type Result } from '../../errors/result.js';

export interface JsonRequest {
  readonly url: string;
  /** Milliseconds for all of it. */
  readonly timeout: number;
  /** Longest answer that is read, in bytes. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
  /** A form to be posted; without it, GET. */
  readonly form?: URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The JSON document of an answer 200. Redirects are not followed: the address is configured, and what answers there
 * must not lead elsewhere. What failed is told in words without the address.
 */
export async function fetchJson(request: JsonRequest): Promise<Result<unknown, Error>> {
  const { url, timeout, maxBytes, signal, form, headers } = request;
  const signals = [AbortSignal.timeout(timeout), ...(signal === undefined ? [] : [signal])];
  try {
    const response = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      redirect: 'error',
      headers: { accept: 'application/json', ...headers },
      signal: AbortSignal.any(signals),
      ...(form !== undefined && { body: form }),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      return fail(new Error(`the answer has status ${response.status}`));
    }
    const text = await readBounded(response, maxBytes);
    return text === undefined ? fail(new Error('the answer is too long')) : ok(JSON.parse(text) as unknown);
  } catch (error: unknown) {
    return fail(error instanceof Error ? error : new Error(String(error)));
  }
}

async function readBounded(response: Response, maxBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    // Leaving the loop cancels the rest.
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
