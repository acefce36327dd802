import { Buffer } from 'node:buffer';
import { fail, ok, type Result } from '../../errors/result.js';
import { goQuote } from '../../json/go-quote.js';
import type { JsonValue } from '../../json/json.js';
import { headerMap } from '../input/headers.js';
import { type RequestRefusal, refuse } from '../input/request-refusal.js';
import { type BodyBytes, bodyBytes } from './body-bytes.js';
import { parseForm } from './body-form.js';
import { parsePluginJson } from './body-json.js';
import { parsePluginMultipart } from './body-multipart.js';
import { parseMediaType } from './media-type.js';
import { type BodyRequest, noBody, type ParsedBody, parseGrpcBody, truncatedBody } from './parsed-body.js';

/**
 * The body as opa-envoy-plugin reads it: the type is matched by what the header contains, in this
 * order and with case; only the `headers` map is looked at.
 */
export function parsePluginBody(request: BodyRequest): Result<ParsedBody, RequestRefusal> {
  const headers = headerMap(request.http) ?? {};
  if (headers['x-envoy-auth-partial-body'] === 'true') return ok(truncatedBody);
  const type = headers['content-type'];
  if (type === undefined) return ok(noBody);
  if (type.includes('application/json')) return whole(request, ({ bytes }) => parsePluginJson(bytes()));
  if (type.includes('application/grpc')) return parseGrpcBody(request);
  if (type.includes('application/x-www-form-urlencoded')) return whole(request, ({ bytes }) => parseForm(bytes()));
  if (type.includes('multipart/form-data')) return whole(request, ({ bytes }) => multipart(type, bytes()));
  return ok(noBody);
}

function multipart(contentType: string, bytes: Uint8Array): Result<JsonValue, RequestRefusal> {
  const type = parseMediaType(contentType);
  if (!type.ok) return refuse('body_invalid', type.error);
  const boundary = type.value.parameters.get('boundary');
  return boundary === undefined ? ok(null) : parsePluginMultipart(bytes, boundary);
}

function whole(
  { http, limit = Number.POSITIVE_INFINITY }: BodyRequest,
  parse: (body: BodyBytes) => Result<JsonValue, RequestRefusal>,
): Result<ParsedBody, RequestRefusal> {
  const body = bodyBytes(http);
  if (body === undefined) return ok(noBody);
  const declared = headerMap(http)?.['content-length'];
  if (declared !== undefined) {
    const length = parseInt64(declared);
    if (!length.ok) return refuse('content_length_invalid', length.error);
    if (length.value > body.length) return ok(truncatedBody);
  } else if (body.length >= limit) return ok(truncatedBody);
  const value = parse(body);
  return value.ok ? ok({ value: value.value, truncated: false }) : value;
}

/** Go's `strconv.ParseInt(text, 10, 64)`. */
function parseInt64(text: string): Result<bigint, string> {
  const error = (problem: string) =>
    fail(`strconv.ParseInt: parsing ${goQuote(Buffer.from(text, 'utf8'))}: ${problem}`);
  const [number = '', sign = '', digits = ''] = /^([+-]?)0*([0-9]*)/.exec(text) ?? [];
  // Go stops where a uint64 overflows and does not look at what follows; BigInt would take quadratic time there.
  if (digits.length > 20 || BigInt(digits) >= 2n ** 64n) return error('value out of range');
  if (number.length < text.length || number === sign) return error('invalid syntax');
  const value = sign === '-' ? -BigInt(digits) : BigInt(digits);
  return BigInt.asIntN(64, value) === value ? ok(value) : error('value out of range');
}
