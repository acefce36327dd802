import type { IncomingHttpHeaders } from 'node:http2';
import { fail, ok, type Result } from '../../errors/result.js';
import { parseGrpcTimeout } from './grpc-timeout.js';
import { type CallFailure, callFailure } from './status.js';

/** No gRPC request: refused in HTTP's terms, because whoever sent it may not know gRPC's. */
export interface HttpRefusal {
  readonly kind: 'http';
  readonly status: 405 | 415;
}

/** The time in milliseconds that the caller gives, Infinity without a `grpc-timeout`; or why there is no call. */
export function readRequestHeaders(headers: IncomingHttpHeaders): Result<number, CallFailure | HttpRefusal> {
  if (headers[':method'] !== 'POST') return fail({ kind: 'http', status: 405 });
  if (!isGrpc(headers['content-type'])) return fail({ kind: 'http', status: 415 });
  const encoding = headers['grpc-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    return fail(callFailure('UNIMPLEMENTED', 'compressed messages are not served'));
  const timeout = headers['grpc-timeout'];
  if (timeout === undefined) return ok(Number.POSITIVE_INFINITY);
  const parsed = timeoutOf(String(timeout));
  return parsed.ok ? parsed : fail(callFailure('INTERNAL', parsed.error));
}

let lastText = '';
let lastParsed = parseGrpcTimeout(lastText);

/** Envoy sends the timeout of its configuration, and so the same text with each check. */
function timeoutOf(text: string): Result<number> {
  if (text !== lastText) {
    lastText = text;
    lastParsed = parseGrpcTimeout(text);
  }
  return lastParsed;
}

/** `application/grpc`, with or without a format or parameters; `application/grpc-web` is another protocol. */
function isGrpc(contentType: string | undefined): boolean {
  return contentType === 'application/grpc' || /^application\/grpc(?:[+;].*)?$/i.test(contentType ?? '');
}
