import { isDeepStrictEqual } from 'node:util';
import { status as grpcStatus } from '@grpc/grpc-js';
import { encodeJson } from '../../../src/json/encode.js';
import type { JsonValue } from '../../../src/json/json.js';
import { parseJson } from '../../../src/json/parse.js';
import { canonicalJson } from './canonical-json.js';

interface HeaderOption {
  readonly header?: { readonly key?: string; readonly value?: string };
}

interface Response {
  readonly status?: { readonly code?: number };
  readonly okResponse?: {
    readonly headers?: readonly HeaderOption[];
    readonly headersToRemove?: readonly string[];
    readonly responseHeadersToAdd?: readonly HeaderOption[];
    readonly queryParametersToSet?: readonly { readonly key?: string; readonly value?: string }[];
    readonly queryParametersToRemove?: readonly string[];
  };
  readonly deniedResponse?: {
    readonly status?: { readonly code?: string };
    readonly headers?: readonly HeaderOption[];
    readonly body?: string;
  };
  readonly dynamicMetadata?: Readonly<Record<string, unknown>>;
}

/** A gRPC failure in one word. */
export function describeFailure(code: number): string {
  return `gRPC ${grpcStatus[code]}`;
}

/**
 * A CheckResponse in one line, such as `deny Forbidden, body "no"` or `allow, set x-user: alice`; `bare` without an HTTP
 * response. With `shows`, what the policy was shown of its input.
 */
export function describeResponse(decoded: unknown, shows?: string): string {
  const response = decoded as Response;
  const body = response.deniedResponse?.body;
  const isEcho = response.deniedResponse?.headers?.some(({ header }) => header?.key === 'x-echo');
  if (shows !== undefined && isEcho && body !== undefined) return `${shows} ${shown(body, shows)}`;
  return [...outcome(response), ...metadata(response)].join(', ');
}

function shown(input: string, path: string): string {
  const parsed = parseJson(input);
  if (!parsed.ok) throw new Error(parsed.error);
  let value: JsonValue | undefined = parsed.value;
  for (const name of path === 'input' ? [] : path.split('.')) {
    const members: unknown = value;
    value = typeof members === 'object' && members !== null ? Reflect.get(members, name) : undefined;
  }
  return value === undefined ? 'is absent' : canonicalJson(encodeJson(value));
}

function outcome({ status, okResponse, deniedResponse }: Response): readonly string[] {
  if ((status?.code ?? 0) === 0)
    return okResponse === undefined ? ['allow', 'bare'] : ['allow', ...changes(okResponse)];
  if (deniedResponse === undefined) return ['deny', 'bare'];
  const { body, headers, status: http } = deniedResponse;
  return [
    `deny ${http?.code ?? 'without a status'}`,
    ...texts('header', headers),
    ...(body === undefined ? [] : [`body ${JSON.stringify(body)}`]),
  ];
}

function changes(ok: NonNullable<Response['okResponse']>): readonly string[] {
  return [
    ...texts('set', ok.headers),
    ...(ok.headersToRemove ?? []).map((name) => `remove ${name}`),
    ...texts('respond', ok.responseHeadersToAdd),
    ...(ok.queryParametersToSet ?? []).map(({ key = '', value = '' }) => `query ${key}=${value}`),
    ...(ok.queryParametersToRemove ?? []).map((name) => `query without ${name}`),
  ];
}

/** The order between different names means nothing, that within one name is kept. */
function texts(verb: string, options: readonly HeaderOption[] | undefined): readonly string[] {
  const headers = (options ?? []).map(({ header }) => ({ key: header?.key ?? '', value: header?.value ?? '' }));
  headers.sort((a, b) => (a.key === b.key ? 0 : a.key < b.key ? -1 : 1));
  return headers.map(({ key, value }) => `${verb} ${key}: ${value}`);
}

function metadata({ dynamicMetadata = {} }: Response): readonly string[] {
  const { decision_id: id, ...others } = dynamicMetadata;
  const told = isDeepStrictEqual(others, {}) ? [] : [`metadata ${canonicalJson(JSON.stringify(others))}`];
  return id === undefined ? [...told, 'no decision id'] : told;
}
