import type { IncomingMessage } from 'node:http';
import { fail, ok, type Result } from '../../errors/result.js';
import { type AllowRule, isAllowed } from './allow-list.js';
import { parseListQuery } from './list-query.js';
import { formatResourcePath, parseResourcePath } from './resource-request.js';

/** Why a request is not passed on. */
export interface Refusal {
  readonly status: 400 | 403 | 405;
  readonly message: string;
}

export type RequestHead = Pick<IncomingMessage, 'method' | 'url' | 'headersDistinct'>;

/**
 * The path and query to ask the API server for. They are written anew from what was understood, and of the headers none
 * is passed on: what the two ends could read differently does not reach the other one.
 */
export function readRequest(head: RequestHead, rules: readonly AllowRule[]): Result<string, Refusal> {
  const misdirected = whyMisdirected(head);
  if (misdirected !== undefined) return fail({ status: 403, message: misdirected });
  if (head.method !== 'GET') return fail({ status: 405, message: 'only GET is served' });
  if (hasMore(head)) return fail({ status: 400, message: 'a request with a body or an upgrade is not served' });

  const [path = '', ...queries] = (head.url ?? '').split('?');
  const query = parseListQuery(queries.join('?'));
  if (!query.ok) return fail({ status: 400, message: query.error });
  const request = parseResourcePath(path);
  if (!request.ok) return fail({ status: 403, message: request.error });
  if (isAllowed(request.value, rules)) return ok(formatResourcePath(request.value) + query.value);
  const { group, namespace, resource, verb } = request.value;
  const place = namespace === undefined ? 'of the cluster' : `in namespace ${namespace}`;
  const what = `${verb} ${group === '' ? resource : `${resource}.${group}`} ${place}`;
  return fail({ status: 403, message: `kubernetes.proxy.allow has no rule for: ${what}` });
}

const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * A page of another origin can make a browser on this machine send requests here, and by a name that resolves to
 * loopback (DNS rebinding) read the answers. It cannot choose what the browser sends as Host and Origin.
 */
function whyMisdirected({ headersDistinct: headers }: RequestHead): string | undefined {
  const hosts = headers['host'] ?? [];
  if (hosts.length !== 1 || !loopbackHost.test(hosts[0] ?? '')) return 'the Host header must name this machine';
  const isPage = headers['origin'] !== undefined || headers['sec-fetch-site'] !== undefined;
  return isPage ? 'requests of web pages are not served' : undefined;
}

function hasMore({ headersDistinct: headers }: RequestHead): boolean {
  const length = headers['content-length']?.join() ?? '0';
  return length !== '0' || headers['transfer-encoding'] !== undefined || headers['upgrade'] !== undefined;
}
