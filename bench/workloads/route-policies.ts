import type { AskedRequest } from './check-request.js';
import { createRandom } from './random.js';

/** Route `index` lets one role call one method of one service. */
function route(index: number) {
  return { service: `service-${index}`, method: index % 3 === 0 ? 'POST' : 'GET', role: `role-${index % 20}` };
}

/** One rule for each route: the form that people write first. */
export function routeRules(count: number): string {
  const rules = Array.from({ length: count }, (_, index) => {
    const { method, role, service } = route(index);
    return `allow if {
	http.method == "${method}"
	input.parsed_path[0] == "${service}"
	input.parsed_path[1] == "items"
	http.headers["x-role"] == "${role}"
}`;
  });
  return ['package envoy.authz', 'http := input.attributes.request.http', 'default allow := false', ...rules].join(
    '\n\n',
  );
}

/** One rule for all routes, which are data under their keys: the form that Portcullis recommends. */
export const routeTable = `package envoy.authz

default allow := false

http := input.attributes.request.http

allow if {
	input.parsed_path[1] == "items"
	http.headers["x-role"] == data.routes[input.parsed_path[0]][http.method]
}
`;

export function routeTableData(count: number): object {
  const routes = Array.from({ length: count }, (_, index) => {
    const { method, role, service } = route(index);
    return [service, { [method]: role }];
  });
  return { routes: Object.fromEntries(routes) };
}

/** Requests spread evenly over the routes; one in four carries the wrong role. */
export function routeRequests(count: number, requests: number): readonly AskedRequest[] {
  const random = createRandom(count);
  return Array.from({ length: requests }, (_, number) => {
    const { method, role, service } = route(Math.floor(random() * count));
    const headers = { 'x-role': number % 4 === 3 ? 'stranger' : role };
    return { method, path: `/${service}/items/${number}?page=${number % 7}`, headers };
  });
}
