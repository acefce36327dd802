import type { HttpRequest } from '../../envoy/attributes.js';
import { ok, type Result } from '../../errors/result.js';
import type { JsonValue } from '../../json/json.js';
import type { RequestRefusal } from '../input/request-refusal.js';

/** `input.parsed_body` and `input.truncated_body`. */
export interface ParsedBody {
  /** null when there is no body, its type is not known, or only a part of it came. */
  readonly value: JsonValue;
  readonly truncated: boolean;
}

/**
 * Reads gRPC request bodies once message descriptors are configured. Pure: whoever builds it has
 * loaded the descriptors.
 */
export interface GrpcBodyReader {
  /** @param rawBody the bytes of the body, at least one */
  read(request: BodyRequest, rawBody: Uint8Array): Result<ParsedBody, RequestRefusal>;
}

export interface BodyRequest {
  readonly http: HttpRequest;
  /** The parsed path: of a gRPC call, service and method. */
  readonly segments: readonly string[];
  /** Without it gRPC bodies are null. */
  readonly grpc?: GrpcBodyReader | undefined;
  /** The most bytes that Envoy sends of a body, as far as its route says; see `body-limit.ts`. */
  readonly limit?: number | undefined;
}

export const noBody: ParsedBody = { value: null, truncated: false };
export const truncatedBody: ParsedBody = { value: null, truncated: true };

/** A gRPC body, of which only the raw bytes count: Envoy's text form of it is damaged. */
export function parseGrpcBody(request: BodyRequest): Result<ParsedBody, RequestRefusal> {
  const { http, grpc } = request;
  const raw = http.rawBody;
  if (grpc === undefined || raw === undefined || raw.length === 0) return ok(noBody);
  return grpc.read(request, raw);
}
