import { fail, ok, type Result } from '../../errors/result.js';

/** What a path of the Kubernetes API asks for. */
export interface ResourceRequest {
  readonly verb: 'get' | 'list';
  /** `''` is the core group. */
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Undefined: a resource without namespaces, or a list of the whole cluster. */
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/**
 * The names that Kubernetes gives, without an escape: what is decoded once more, here or there, cannot become a slash,
 * and no dot segment is one of them. Names of RBAC have colons.
 */
const segment = /^[A-Za-z0-9]([A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?$/;

/** Reads `/api/v1/…` and `/apis/{group}/{version}/…`. Subresources and everything else of the API are not read. */
export function parseResourcePath(path: string): Result<ResourceRequest> {
  const [root, prefix, ...rest] = path.split('/');
  const known = root === '' && (prefix === 'api' || prefix === 'apis');
  if (!known || !rest.every((part) => segment.test(part) && !part.includes('..'))) {
    return fail('the path is not one of resources: /api/v1/… or /apis/{group}/{version}/…');
  }
  const [group, version, ...target] = prefix === 'api' ? ['', ...rest] : rest;
  if (group === undefined || version === undefined) return fail('the path names no resource');
  return readTarget(group, version, target);
}

function readTarget(group: string, version: string, target: readonly string[]): Result<ResourceRequest> {
  const [first, second, third, fourth, ...more] = target;
  if (first === undefined) return fail('the path names no resource');
  // `/namespaces/shop` is the namespace itself; with a resource behind it, what lies in it.
  const isNamespaced = first === 'namespaces' && third !== undefined;
  const [resource, name, beyond] = isNamespaced ? [third, fourth, more[0]] : [first, second, third];
  if (beyond !== undefined) return fail('subresources are not served');
  const namespace = isNamespaced ? second : undefined;
  return ok({ verb: name === undefined ? 'list' : 'get', group, version, resource, namespace, name });
}

/** The path that was read, written anew. */
export function formatResourcePath({ group, name, namespace, resource, version }: ResourceRequest): string {
  const root = group === '' ? ['api', version] : ['apis', group, version];
  const place = namespace === undefined ? [] : ['namespaces', namespace];
  return `/${[...root, ...place, resource, ...(name === undefined ? [] : [name])].join('/')}`;
}
