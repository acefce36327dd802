import { isIP } from 'node:net';
import { fail, ok, type Result } from '../../errors/result.js';
import { readCheckTarget } from './check-target.js';
import type { GatewayPreset } from './preset.js';
import type { HeaderLine, SubRequest } from './sub-request.js';

/** The client's request, as the gateway vouches for it. */
export interface OriginalRequest {
  readonly method: string;
  /** Path and query as the client wrote them. */
  readonly target: string;
  readonly host: string;
  readonly scheme: 'http' | 'https';
  /** The address of the client. */
  readonly client: string;
  readonly decisionPath: string | undefined;
}

/** Reads what the gateway says about the client's request, and nothing that the client could say in its place. */
export function readOriginalRequest(sub: SubRequest, { carriers }: GatewayPreset): Result<OriginalRequest> {
  // Where a header carries the method, every gateway asks with GET; another is the client's own, passed on by mistake.
  if (carriers.method !== undefined && sub.method !== 'GET') return fail('the method of the sub-request is not GET');
  const checkTarget = readCheckTarget(sub.target, carriers.target === undefined);
  if (!checkTarget.ok) return checkTarget;
  const method = carriers.method === undefined ? ok(sub.method) : only(sub.headers, carriers.method);
  if (!method.ok) return method;
  const target = carriers.target === undefined ? ok(checkTarget.value.rest) : only(sub.headers, carriers.target);
  if (!target.ok) return target;
  const host = only(sub.headers, carriers.host);
  if (!host.ok) return host;
  const scheme = only(sub.headers, carriers.scheme);
  if (!scheme.ok) return scheme;
  const client = only(sub.headers, carriers.client);
  if (!client.ok) return client;
  return checked({
    method: method.value,
    target: target.value,
    host: host.value,
    scheme: scheme.value,
    client: client.value,
    decisionPath: checkTarget.value.decisionPath,
  });
}

/** A header that comes exactly once: of two, one may be the client's. */
function only(headers: readonly HeaderLine[], wanted: string): Result<string> {
  const values = headers.filter(([name]) => name === wanted);
  const [first] = values;
  if (first === undefined) return fail(`the sub-request has no ${wanted}`);
  return values.length === 1 ? ok(first[1]) : fail(`the sub-request has more than one ${wanted}`);
}

type Unchecked = Omit<OriginalRequest, 'scheme'> & { readonly scheme: string };

function checked({ method, target, host, scheme, client, decisionPath }: Unchecked): Result<OriginalRequest> {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)) return fail('the method is not a token');
  // Never `http://host/path`: what stands before the path would be taken for a part of it.
  if (!target.startsWith('/') && target !== '*') return fail('the request target does not begin with a slash');
  if (scheme !== 'http' && scheme !== 'https') return fail('the scheme is neither http nor https');
  const address = client.slice(client.lastIndexOf(',') + 1).trim();
  if (isIP(address) === 0) return fail('the address of the client is not an IP address');
  return ok({ method, target, host, scheme, client: address, decisionPath });
}
