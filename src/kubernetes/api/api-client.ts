import { Pool } from 'undici';
import { fail, ok, type Result } from '../../errors/result.js';
import type { TokenFile } from './token-file.js';

export interface ApiOptions {
  /** `https://host:port`, with or without a path before `/api`. */
  readonly url: string;
  /** Certificate authorities, PEM. */
  readonly ca: string;
  readonly token: TokenFile;
  /** Milliseconds for one request, from its beginning to the last byte of the answer. */
  readonly timeout: number;
  /** Longest answer that is read, in bytes. */
  readonly maxResponseSize: number;
  /** Connections kept. */
  readonly connections?: number;
}

/** What the API server answered, whichever status it has; a redirect is none. */
export interface ApiAnswer {
  readonly status: number;
  /** JSON text, or what else came. */
  readonly body: Buffer;
  readonly isJson: boolean;
}

export type ApiFailureKind = 'timeout' | 'unreachable' | 'too_large' | 'redirect' | 'no_token';

export interface ApiFailure {
  readonly kind: ApiFailureKind;
  /** For the log. Never holds the token. */
  readonly message: string;
}

/** GET requests to the API server with the token of the moment. */
export class ApiClient {
  readonly #options: ApiOptions;
  readonly #pool: Pool;
  readonly #prefix: string;

  constructor(options: ApiOptions) {
    const { ca, connections = 16, maxResponseSize, timeout, url } = options;
    const { origin, pathname } = new URL(url);
    this.#options = options;
    this.#prefix = pathname.replace(/\/+$/, '');
    this.#pool = new Pool(origin, {
      connections,
      pipelining: 1,
      maxResponseSize,
      headersTimeout: timeout,
      bodyTimeout: timeout,
      connect: { ca, timeout },
    });
  }

  /** @param target path and query below the API server's root, such as `/api/v1/pods?limit=1` */
  async get(target: string): Promise<Result<ApiAnswer, ApiFailure>> {
    const token = await this.#options.token.current();
    if (!token.ok) return fail({ kind: 'no_token', message: token.error });
    const signal = AbortSignal.timeout(this.#options.timeout);
    try {
      const {
        body,
        headers,
        statusCode: status,
      } = await this.#pool.request({
        method: 'GET',
        path: `${this.#prefix}${target}`,
        headers: { accept: 'application/json', authorization: `Bearer ${token.value}` },
        signal,
      });
      const bytes = Buffer.from(await body.arrayBuffer());
      // Not followed: the token would go wherever the answer says.
      if (status >= 300 && status < 400) return fail({ kind: 'redirect', message: `it answered ${status}` });
      return ok({ status, body: bytes, isJson: isJson(headers['content-type']) });
    } catch (error) {
      return fail(failureOf(error, this.#options));
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function isJson(contentType: string | string[] | undefined): boolean {
  return typeof contentType === 'string' && /^application\/json(;|$)/i.test(contentType);
}

const timeouts = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT']);

function failureOf(error: unknown, { maxResponseSize, timeout }: ApiOptions): ApiFailure {
  const { code, message, name } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError' || timeouts.has(code ?? '')) {
    return { kind: 'timeout', message: `no answer within ${timeout} ms` };
  }
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return { kind: 'too_large', message: `the answer is longer than ${maxResponseSize} bytes` };
  }
  return { kind: 'unreachable', message: code === undefined ? message : `${code}: ${message}` };
}
