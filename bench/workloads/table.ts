import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { workshopFolder } from '../rig/places.js';
import { type AskedRequest, encodeCheck, type RequestSize } from './check-request.js';
import { jwtWorkload } from './jwt-policy.js';
import { gatewayPolicy, policyOf } from './policy-files.js';
import { createRandom, hexText } from './random.js';
import { routeRequests, routeRules, routeTable, routeTableData } from './route-policies.js';
import type { Policy, Workload } from './workload.js';

/** Different requests in a workload: enough that nothing is fast because it is always the same. */
const distinct = 512;

const headers = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/envoy.service.auth.v3.Authorization/Check'],
  [':authority', 'portcullis'],
  ['te', 'trailers'],
  ['grpc-timeout', '1000m'],
  ['content-type', 'application/grpc'],
  ['x-envoy-internal', 'true'],
  ['x-forwarded-for', '10.2.9.31'],
];

function workload(
  id: string,
  title: string,
  policy: Policy,
  requests: readonly AskedRequest[],
  size: RequestSize = 'medium',
): Workload {
  let encoded: readonly Buffer[] | undefined;
  let file: Promise<string> | undefined;
  const messages = async () => {
    const random = createRandom(7);
    encoded ??= requests.map((request) => encodeCheck(request, size, random));
    return encoded;
  };
  return {
    id,
    title,
    policy,
    messages,
    requestFile: () => {
      file ??= messages().then((list) => writeRequests(id, list));
      return file;
    },
  };
}

async function writeRequests(id: string, messages: readonly Buffer[]): Promise<string> {
  const file = join(await workshopFolder('requests'), `${id}.json`);
  const requests = messages.map((message) => ({ message: message.toString('base64') }));
  await writeFile(file, JSON.stringify({ kind: 'grpc', headers, requests }));
  return file;
}

/** Three of four requests are allowed, as the gateway's policy decides them for callers it does not know. */
function gatewayRequests(): readonly AskedRequest[] {
  return Array.from({ length: distinct }, (_, number) => {
    if (number % 4 === 0) return { method: 'GET', path: `/cars?page=${number}` };
    if (number % 4 === 1) return { method: 'GET', path: `/cars/car-${number}` };
    if (number % 4 === 2) return { method: 'GET', path: `/v1/admin/users/user-${number}` };
    return { method: 'PUT', path: `/cars/car-${number}/status` };
  });
}

/**
 * Nine of ten requests are for one of 64 paths; the tenth is for one that comes again only after 2,000 others like it,
 * which is longer than the measured cache remembers.
 */
function repeatedRequests(): readonly AskedRequest[] {
  return Array.from({ length: 20_000 }, (_, number) => {
    const path = number % 10 === 9 ? `/cars/rare-${number}` : `/cars/car-${number % 64}`;
    return { method: 'GET', path };
  });
}

const constant = policyOf('package envoy.authz\n\nallow := true\n');

function bodyWorkload(): Workload {
  const rego = `package envoy.authz

default allow := false

allow if {
	input.truncated_body == false
	input.parsed_body.order.total < 1000
}
`;
  const random = createRandom(3);
  const requests = Array.from({ length: distinct }, (_, number) => {
    const lines = Array.from({ length: 12 }, (_, line) => ({ article: hexText(random, 24), count: line + 1 }));
    const body = JSON.stringify({ order: { id: number, total: number % 4 === 3 ? 2000 : 10, lines } });
    return {
      method: 'POST',
      path: '/orders',
      headers: { 'content-type': 'application/json', 'content-length': String(body.length) },
      body,
    };
  });
  return workload('json-body', 'rule over a JSON body of 0.6 kB', policyOf(rego), requests);
}

function dataWorkload(rows: number): Workload {
  const rego = `package envoy.authz

default allow := false

allow if data.rows[input.parsed_path[1]].owner == input.attributes.request.http.headers["x-owner"]
`;
  const table = Array.from({ length: rows }, (_, row) => [`row-${row}`, { owner: `owner-${row % 997}`, open: true }]);
  const random = createRandom(rows);
  const requests = Array.from({ length: distinct }, (_, number) => {
    const row = Math.floor(random() * rows);
    return {
      method: 'GET',
      path: `/rows/row-${row}`,
      headers: { 'x-owner': number % 4 === 3 ? 'stranger' : `owner-${row % 997}` },
    };
  });
  const title = `look-up in ${rows.toLocaleString('en')} rows of data`;
  return workload(`data-${rows}`, title, policyOf(rego, { rows: Object.fromEntries(table) }), requests);
}

function headerWorkload(count: number): Workload {
  const random = createRandom(count);
  const extra = Array.from({ length: count }, (_, index) => [`x-context-${index}`, hexText(random, 32)]);
  const headers = Object.fromEntries(extra) as Record<string, string>;
  const requests = gatewayRequests().map((request) => ({ ...request, headers }));
  return workload(`headers-${count}`, `gateway policy, ${count} further headers`, gatewayPolicy, requests, 'small');
}

function ruleWorkload(count: number): Workload {
  const title = `${count.toLocaleString('en')} route rules`;
  return workload(`rules-${count}`, title, policyOf(routeRules(count)), routeRequests(count, distinct));
}

function tableWorkload(count: number): Workload {
  const title = `${count.toLocaleString('en')} routes, as a table`;
  return workload(`table-${count}`, title, policyOf(routeTable, routeTableData(count)), routeRequests(count, distinct));
}

function tokenWorkload(): Workload {
  const { policy, requests } = jwtWorkload(distinct / 4);
  return workload('jwt', 'RS256 token verified by the policy', policy, requests);
}

/** By what the tables of the results are called. */
export const workloads = {
  gateway: workload('gateway', 'gateway policy, 1.1 kB', gatewayPolicy, gatewayRequests()),
  gatewaySmall: workload('gateway-small', 'gateway policy, 0.3 kB', gatewayPolicy, gatewayRequests(), 'small'),
  gatewayLarge: workload('gateway-large', 'gateway policy, 8 kB', gatewayPolicy, gatewayRequests(), 'large'),
  gatewayRepeated: workload('gateway-repeated', 'gateway policy, 90 % repeated', gatewayPolicy, repeatedRequests()),
  constant: workload('constant', 'constant policy', constant, gatewayRequests()),
  body: bodyWorkload(),
  jwt: tokenWorkload(),
  rules: [10, 100, 1000].map(ruleWorkload),
  tables: [10, 1000].map(tableWorkload),
  data: [10, 1_000, 100_000].map(dataWorkload),
  headers: [10, 50, 100].map(headerWorkload),
} as const;
