import { ok, type Result } from '../../errors/result.js';
import type { JsonValue } from '../../json/json.js';
import { type HeaderView, headerView } from '../input/headers.js';
import { type RequestRefusal, refuse } from '../input/request-refusal.js';
import { type BodyBytes, bodyBytes } from './body-bytes.js';
import { parseForm } from './body-form.js';
import { parseStrictJson } from './body-json.js';
import { parseStrictMultipart } from './body-multipart.js';
import { type MediaType, parseMediaType } from './media-type.js';
import { type BodyRequest, noBody, type ParsedBody, parseGrpcBody, truncatedBody } from './parsed-body.js';

/**
 * The body with its media type read as RFC 9110 says, from whichever encoding of the headers Envoy
 * sent. What a backend may read otherwise than the policy is refused: two content types, another
 * character set, a content coding, a malformed body.
 */
export function parseStrictBody(request: BodyRequest): Result<ParsedBody, RequestRefusal> {
  const headers = headerView(request.http);
  if (headers.values('x-envoy-auth-partial-body').some((value) => value.toLowerCase() === 'true')) {
    return ok(truncatedBody);
  }
  const body = bodyBytes(request.http);
  if (body === undefined) return ok(noBody);
  const complete = isComplete(headers, body, request.limit);
  if (!complete.ok) return complete;
  if (!complete.value) return ok(truncatedBody);
  const declared = headers.get('content-type');
  if (declared === undefined) return ok(noBody);
  const type = parseMediaType(declared);
  if (!type.ok) return refuse('content_type_invalid', type.error);
  if (splitParameter.test(declared))
    return refuse('content_type_invalid', 'a parameter is written in the way of RFC 2231');
  if (/^application\/grpc(?:[+-]|$)/.test(type.value.type)) return parseGrpcBody(request);
  return parseTyped(type.value, headers, body);
}

/** `charset*=` and `boundary*0=`: few readers know the form, so that most would miss the parameter. */
const splitParameter = /;[ \t]*(?:boundary|charset)[ \t]*\*/i;

/**
 * Content-Length beyond the bytes at hand: Envoy cut the body off, whatever its partial-body header says.
 * At the limit only a Content-Length, which Envoy holds the client to, proves that nothing follows.
 */
function isComplete(
  headers: HeaderView,
  body: BodyBytes,
  limit = Number.POSITIVE_INFINITY,
): Result<boolean, RequestRefusal> {
  const declared = headers.get('content-length');
  if (declared === undefined) return ok(body.length < limit);
  if (!/^[0-9]{1,15}$/.test(declared)) return refuse('content_length_invalid', 'the content-length is not a number');
  return ok(Number(declared) <= body.length);
}

type BodyParser = (body: BodyBytes, type: MediaType) => Result<JsonValue, RequestRefusal>;

function parseTyped(type: MediaType, headers: HeaderView, body: BodyBytes): Result<ParsedBody, RequestRefusal> {
  const parse = parserOf(type.type);
  if (parse === undefined) return ok(noBody);
  if (!/^(?:identity)?$/i.test(headers.get('content-encoding') ?? '')) {
    return refuse('content_encoding_unsupported', 'the body has a content coding');
  }
  if (!/^(?:utf-?8|us-ascii)$/i.test(type.parameters.get('charset') ?? 'utf-8')) {
    return refuse('content_type_invalid', 'the body is not declared as UTF-8');
  }
  const value = parse(body, type);
  return value.ok ? ok({ value: value.value, truncated: false }) : value;
}

function parserOf(type: string): BodyParser | undefined {
  if (type === 'application/json' || type.endsWith('+json')) return ({ bytes }) => parseStrictJson(bytes());
  if (type === 'application/x-www-form-urlencoded') return ({ bytes }) => parseForm(bytes());
  if (type === 'multipart/form-data') return parseMultipart;
  return undefined;
}

function parseMultipart({ bytes }: BodyBytes, type: MediaType): Result<JsonValue, RequestRefusal> {
  const boundary = type.parameters.get('boundary') ?? '';
  if (boundary === '') return refuse('content_type_invalid', 'multipart without a boundary');
  return parseStrictMultipart(bytes(), boundary);
}
