import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { decodeUtf8 } from '../../json/decode-utf8.js';
import type { HeaderLine, SubRequest } from './sub-request.js';

/**
 * What the gateway sent. Rejects when it goes away in the middle of a body.
 *
 * @param maxBodySize bytes; undefined when the body is not looked at
 */
export async function readMessage(
  request: IncomingMessage,
  maxBodySize: number | undefined,
): Promise<SubRequest | 'too-large'> {
  const body = maxBodySize === undefined || !hasBody(request) ? undefined : await readBody(request, maxBodySize);
  if (body === 'too-large') return body;
  return { method: request.method ?? '', target: asText(request.url ?? ''), headers: headerLines(request), body };
}

/** Whether a body follows, or may follow. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function headerLines({ rawHeaders }: IncomingMessage): HeaderLine[] {
  const lines: HeaderLine[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    lines.push([(rawHeaders[index] ?? '').toLowerCase(), asText(rawHeaders[index + 1] ?? '')]);
  }
  return lines;
}

/** Node reads a byte as a character; they are UTF-8 to Envoy, and so to policies. */
function asText(bytes: string): string {
  return /^[\0-\x7f]*$/.test(bytes) ? bytes : decodeUtf8(Buffer.from(bytes, 'latin1'));
}

async function readBody(request: IncomingMessage, maxBodySize: number): Promise<Uint8Array | 'too-large'> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodySize) return 'too-large';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
