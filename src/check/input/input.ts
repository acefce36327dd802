import type { Config } from '../../config/schema.js';
import type { Attributes } from '../../envoy/attributes.js';
import { ok, type Result } from '../../errors/result.js';
import type { Caller } from '../../identity/identity.js';
import type { JsonObject, JsonValue } from '../../json/json.js';
import { parseBody } from '../body/body.js';
import { bodyLimit } from '../body/body-limit.js';
import type { GrpcBodyReader } from '../body/parsed-body.js';
import { checkHost } from './host.js';
import { buildHttpApiInput } from './http-api-input.js';
import { callerMembers } from './input-caller.js';
import { writeMetadataNumbers } from './metadata-numbers.js';
import { parsePath, splitTarget } from './path.js';
import { parseQuery } from './query.js';
import type { RequestRefusal } from './request-refusal.js';
import { sourceMembers } from './source-members.js';

/** The `input` section of the configuration, and what has been loaded for it. */
export type InputOptions = Config['input'] & { readonly grpc_bodies?: GrpcBodyReader | undefined };

export type InputShape = Config['engine']['paths'][number]['shape'];

const version = { ext_authz: 'v3', encoding: 'protojson' } as const;

/**
 * The document the policy sees.
 *
 * @param attributes undefined when Envoy sent none; the input then has no `attributes`
 * @returns the input, or why the request is refused with 400 before any policy sees it
 */
export function buildInput(
  attributes: Attributes | undefined,
  caller: Caller,
  options: InputOptions,
  shape: InputShape,
): Result<JsonObject, RequestRefusal> {
  const host = options.ambiguous_host === 'refuse' ? checkHost(attributes?.request?.http?.host ?? '') : ok(undefined);
  if (!host.ok) return host;
  return shape === 'http-api'
    ? buildHttpApiInput(attributes, caller, options)
    : buildEnvoyInput(attributes, caller, options);
}

function buildEnvoyInput(
  attributes: Attributes | undefined,
  caller: Caller,
  options: InputOptions,
): Result<JsonObject, RequestRefusal> {
  const http = attributes?.request?.http ?? {};
  const target = http.path ?? '';
  const segments = parsePath(target, options);
  if (!segments.ok) return segments;
  const query = parseQuery(splitTarget(target).query, options.query_parsing);
  if (!query.ok) return query;
  const source = sourceMembers(attributes?.source, options.certificates);
  if (!source.ok) return source;
  const input: Record<string, JsonValue | undefined> = {
    attributes: attributes === undefined ? undefined : writeAttributes(attributes, options),
    version,
    parsed_path: segments.value,
    parsed_query: query.value,
    ...source.value,
    ...callerMembers(caller),
  };
  if (options.body_parsing !== 'off') {
    const request = { http, segments: segments.value, grpc: options.grpc_bodies, limit: bodyLimit(attributes) };
    const body = parseBody(request, options.body_parsing);
    if (!body.ok) return body;
    input['parsed_body'] = body.value.value;
    input['truncated_body'] = body.value.truncated;
  }
  return ok(input);
}

/** Attributes are in the policy's form already, save for the numbers of metadata. */
function writeAttributes(attributes: Attributes, options: InputOptions): JsonObject {
  const { metadataContext, routeMetadataContext } = attributes;
  if (metadataContext === undefined && routeMetadataContext === undefined) return asJson(attributes);
  const form = options.metadata_numbers;
  return {
    ...asJson(attributes),
    metadataContext: metadataContext && writeMetadataNumbers(metadataContext, form),
    routeMetadataContext: routeMetadataContext && writeMetadataNumbers(routeMetadataContext, form),
  };
}

/** Interfaces have no index signature; every member of {@link Attributes} is a JSON value all the same. */
function asJson(attributes: Attributes): JsonObject {
  return attributes as unknown as JsonObject;
}
