import { type Answer, json, result, text } from './answer.js';
import type { Cars, Document } from './cars.js';

export interface RouteInput {
  readonly cars: Cars;
  /** What stands in the place of `{…}`, decoded. */
  readonly parameter: string;
  /** The request's JSON body; only routes that ask for it get one. */
  readonly body: Document;
}

export interface Route {
  readonly method: string;
  /** Segments; one in braces matches any, a last `*` any number. */
  readonly path: string;
  readonly wantsBody?: true;
  readonly answer: (input: RouteInput) => Answer;
}

export const routes: readonly Route[] = [
  { method: 'GET', path: '/', answer: () => result(routes.map(({ method, path }) => `${method} ${path}`).sort()) },
  { method: 'GET', path: '/cars', answer: ({ cars }) => result(cars.list()) },
  { method: 'GET', path: '/cars/{id}', answer: ({ cars, parameter }) => result(cars.find(parameter)) },
  {
    method: 'PUT',
    path: '/cars/{id}',
    wantsBody: true,
    answer: ({ cars, parameter, body }) => result(cars.put(parameter, body)),
  },
  { method: 'DELETE', path: '/cars/{id}', answer: ({ cars, parameter }) => result(cars.delete(parameter)) },
  { method: 'GET', path: '/cars/{id}/status', answer: ({ cars, parameter }) => result(cars.findStatus(parameter)) },
  {
    method: 'PUT',
    path: '/cars/{id}/status',
    wantsBody: true,
    answer: ({ cars, parameter, body }) => result(cars.putStatus(parameter, body)),
  },
  {
    method: 'GET',
    path: '/v1/admin/users/{userName}',
    answer: ({ parameter }) => text(200, `Hello!! ${parameter} You have reached the Get Users`),
  },
  {
    method: 'POST',
    path: '/v1/admin/users/{userName}',
    answer: ({ parameter }) => text(200, `Hello!! ${parameter} You have access to edits`),
  },
  { method: 'GET', path: '/health/liveness', answer: () => json(200, { status: 'alive' }) },
  { method: 'GET', path: '/health/readiness', answer: () => json(200, { status: 'ready' }) },
  ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'].map(
    (method): Route => ({ method, path: '/demo/*', answer: () => text(200, 'This is the demo') }),
  ),
];

export interface Match {
  readonly route: Route;
  readonly parameter: string;
}

/** Finds the route for a path that has no query. A segment that cannot be decoded matches none. */
export function matchRoute(method: string, path: string): Match | undefined {
  for (const route of routes) {
    if (route.method !== method) continue;
    const parameter = matchPath(route.path, path);
    if (parameter !== undefined) return { route, parameter };
  }
  return undefined;
}

function matchPath(pattern: string, path: string): string | undefined {
  if (pattern.endsWith('/*')) {
    const prefix = pattern.slice(0, -2);
    return path === prefix || path.startsWith(`${prefix}/`) ? '' : undefined;
  }
  const expected = pattern.split('/');
  const actual = path.split('/');
  if (expected.length !== actual.length) return undefined;
  let parameter = '';
  for (const [index, segment] of actual.entries()) {
    const want = expected[index] ?? '';
    if (!want.startsWith('{')) {
      if (want !== segment) return undefined;
      continue;
    }
    const decoded = decode(segment);
    if (decoded === undefined || decoded === '') return undefined;
    parameter = decoded;
  }
  return parameter;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
