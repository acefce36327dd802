import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { describe, expect, test } from 'vitest';
import { certificateFaults } from '../../../src/check/certificate/certificate.js';
import { createAuthority } from '../../support/certificates.js';
import { repository } from '../../support/portcullis-server.js';
import { codeBlocks, codeIn, tableOf } from '../markdown.js';
import { addFilter, type Gateway, perRoute } from './support/gateway.js';
import { newMark, type SeenDocument, type SeenStack, useSeenInput } from './support/seen-input.js';
import { terminateTls } from './support/tls.js';

const serverAuthority = createAuthority('Server CA');
const clientAuthority = createAuthority('Example CA');

const identity = { sources: [{ kind: 'token-file', file: `${repository}examples/tokens.yaml` }] };

/** The gateway with everything switched on that adds something to the input. */
function sendEverything(gateway: Gateway): void {
  terminateTls(gateway, {
    server: serverAuthority.issue('gateway', { names: [['uri', 'spiffe://example.org/gateway']] }),
    clientAuthority: clientAuthority.cert,
    requireClientCertificate: true,
  });
  const typedValue = { '@type': 'type.googleapis.com/google.protobuf.StringValue', value: 'gold' };
  addFilter(gateway, 'envoy.filters.http.set_metadata', 'envoy.extensions.filters.http.set_metadata.v3.Config', {
    metadata: [
      { metadata_namespace: 'example.request', value: { tier: 'gold', score: 1.5 } },
      { metadata_namespace: 'example.typed', typed_value: typedValue },
    ],
  });
  Object.assign(gateway.extAuthz, {
    include_peer_certificate: true,
    with_request_body: { max_request_bytes: 8192, allow_partial_message: true, pack_as_bytes: true },
    metadata_context_namespaces: ['example.request'],
    typed_metadata_context_namespaces: ['example.typed'],
    route_metadata_context_namespaces: ['example.route'],
    bootstrap_metadata_labels_key: 'labels',
  });
  gateway.catchAll['metadata'] = { filter_metadata: { 'example.route': { owner: 'cars' } } };
  gateway.catchAll.typed_per_filter_config = perRoute({
    check_settings: { context_extensions: { 'portcullis.max_request_bytes': '8192', tenant: 'one' } },
  });
  gateway.config['node'] = { id: 'gateway-0', cluster: 'gateway', metadata: { labels: { app: 'gateway' } } };
}

/** The request of the page. */
async function ask(stack: SeenStack): Promise<SeenDocument> {
  const mark = newMark();
  const body = JSON.stringify({ model: 'Toyota', doors: 5 });
  const names = [
    ['uri', 'spiffe://example.org/shop'],
    ['dns', 'shop.example.org'],
  ] as const;
  const sending = request(`${stack.url.replace('http:', 'https:')}/cars/a%20b?color=red&color=blue`, {
    method: 'PUT',
    agent: false,
    ca: serverAuthority.cert,
    servername: 'cars.example.org',
    checkServerIdentity: () => undefined,
    ...clientAuthority.issue('shop', { names, subject: [['O', 'Example']] }),
    headers: {
      host: 'cars.example.org',
      authorization: 'Bearer admin-demo-token',
      'content-type': 'application/json',
      'content-length': body.length,
      'x-mark': mark,
    },
  });
  const [response] = await once(sending.end(body), 'response');
  response.resume();
  const { input } = await stack.seen(mark);
  delete (input.attributes?.request.http.headers ?? input.headers)['x-mark'];
  return input;
}
/** The path of each member: `a.b` for members of objects, `a[]` for what is in a list. */
function memberPaths(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [`${path}[]`, ...value.flatMap((item) => memberPaths(item, `${path}[]`).slice(1))];
  if (typeof value !== 'object' || value === null) return [path];
  const members = Object.entries(value).flatMap(([name, member]) =>
    memberPaths(member, path === '' ? name : `${path}.${name}`),
  );
  return members.length === 0 ? [path] : members;
}

const page = await readFile(`${repository}docs/input.md`, 'utf8');

function example(name: string): unknown {
  const [block] = codeBlocks(page, `json ${name}`);
  return JSON.parse(block ?? '');
}

/** What the first column of a table names. */
function rows(...head: string[]): string[] {
  return tableOf(page, ...head).flatMap(([cell = '']) => codeIn(cell));
}

function isDescribedBy(row: string, path: string): boolean {
  return row.endsWith('.*') ? path.startsWith(row.slice(0, -1)) : path === row;
}

const sorted = (paths: readonly string[]) => [...new Set(paths)].sort();

describe.each([
  ['envoy', rows('member', 'what it is', 'present', 'trap')],
  ['http-api', rows('member', 'what it is', 'trap')],
] as const)('the example of the shape %s', (shape, described) => {
  const stack = useSeenInput({ config: { identity }, change: sendEverything, shape });
  const paths = sorted(memberPaths(example(shape)));

  test('has the members that the policy sees', async () => {
    expect(sorted(memberPaths(await ask(stack())))).toEqual(paths);
  });

  test('has a row for each of its members, and no row without a member', () => {
    expect(paths.filter((path) => !described.some((row) => isDescribedBy(row, path)))).toEqual([]);
    expect(described.filter((row) => !paths.some((path) => isDescribedBy(row, path)))).toEqual([]);
  });
});

test('what the example has not is not in it', () => {
  const paths = memberPaths(example('envoy'));
  const others = rows('member', 'what it is', 'when');
  expect(others.length).toBeGreaterThan(0);
  expect(others.filter((row) => paths.some((path) => path === row || path.startsWith(`${row}.`)))).toEqual([]);
});

test('each fault of a certificate has its row', () => {
  expect(rows('`error`', 'when')).toEqual([...certificateFaults]);
});
