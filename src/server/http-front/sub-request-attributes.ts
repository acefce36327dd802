import { isUtf8 } from 'node:buffer';
import type { Attributes, HttpRequest, StringMap } from '../../envoy/attributes.js';
import { ok, type Result } from '../../errors/result.js';
import { type OriginalRequest, readOriginalRequest } from './original-request.js';
import type { GatewayPreset } from './preset.js';
import type { HeaderLine, SubRequest } from './sub-request.js';

/** The sub-request's own framing, which says nothing about the client's request; Envoy's checks have no such headers either. */
const framing: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
]);

/**
 * What proxies say of a request. Envoy removes or overwrites what a client writes there; behind another gateway
 * nobody has, and a policy or an identity source that relies on Envoy must not believe it (`x-forwarded-client-cert`).
 */
const vouched = /^(?:x-original-|x-forwarded-|x-envoy-|x-portcullis-|forwarded$|x-real-ip$)/;

/** The attributes that Envoy would have sent about the client's request. */
export function readSubRequest(sub: SubRequest, preset: GatewayPreset): Result<Attributes> {
  const original = readOriginalRequest(sub, preset);
  if (!original.ok) return original;
  const headers =
    preset.changes === 'envoy'
      ? sub.headers.filter(([name]) => !ofSubRequest.test(name))
      : withoutVouched(sub.headers, original.value);
  return ok(toAttributes(original.value, headers, sub.body));
}

/** What Envoy adds for this sub-request alone. */
const ofSubRequest = /^(?:x-original-|x-envoy-internal$|x-envoy-expected-rq-timeout-ms$)/;

/** What is left of the client's headers, and what Envoy would have put in the place of the others. */
function withoutVouched(headers: readonly HeaderLine[], { scheme, client }: OriginalRequest): readonly HeaderLine[] {
  return [
    ...headers.filter(([name]) => !vouched.test(name)),
    ['x-forwarded-for', client],
    ['x-forwarded-proto', scheme],
  ];
}

function toAttributes(
  { method, target, host, scheme, client, decisionPath }: OriginalRequest,
  headers: readonly HeaderLine[],
  body: Uint8Array | undefined,
): Attributes {
  const pseudo: readonly HeaderLine[] = [
    [':authority', host],
    [':method', method],
    [':path', target],
    [':scheme', scheme],
  ];
  const http: HttpRequest = {
    method,
    headers: joined([...pseudo, ...headers.filter(([name]) => !framing.has(name))]),
    path: target,
    host,
    scheme,
    ...bodyMember(body),
  };
  return {
    source: { address: { socketAddress: { address: client } } },
    request: { http },
    ...(decisionPath !== undefined && { contextExtensions: stringMap([['portcullis.path', decisionPath]]) }),
  };
}

function bodyMember(body: Uint8Array | undefined): Pick<HttpRequest, 'body' | 'rawBody'> {
  if (body === undefined || body.length === 0) return {};
  return isUtf8(body) ? { body: Buffer.from(body).toString('utf8') } : { rawBody: body };
}

/** One value for each name, as Envoy joins them. */
function joined(lines: readonly HeaderLine[]): StringMap {
  const map: Record<string, string> = Object.create(null);
  for (const [name, value] of lines) {
    const before = map[name];
    map[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ','}${value}`;
  }
  return map;
}

function stringMap(entries: readonly HeaderLine[]): StringMap {
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}
