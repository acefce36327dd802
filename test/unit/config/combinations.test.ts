import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.js';
import { formatProblems } from '../../../src/config/problem.js';

async function check(yaml: string): Promise<string> {
  const loaded = await loadConfig({ file: 'p.yaml', env: {}, readFile: async () => yaml });
  return loaded.ok ? 'OK' : formatProblems(loaded.error);
}

const redis = (settings: string) => `identity: { sources: [{ kind: redis-session, keys: k, redis: { ${settings} } }] }`;
const header = 'kind: trusted-header, trusted_peers: [10.0.0.0/8]';

test.each([
  ['grpc: { address: "127.0.0.1:1", mode: "0600" }', 'grpc.mode: only a Unix socket has a mode'],
  ['grpc: { address: "unix:///s", tls: { cert: c, key: k } }', 'grpc.tls: a Unix socket is served without TLS'],
  ['admin: { address: "127.0.0.1:9191" }', 'admin.address: grpc.address listens there too'],
  ['admin: { address: "0.0.0.0:9191" }', 'admin.address: grpc.address listens there too'],
  ['workers: { count: 2 }\nadmin: { address: "127.0.0.1:9192" }', 'admin.address: one of the workers listens there'],
  ['workers: { count: 2 }\ngrpc: { address: "127.0.0.1:65535" }', 'workers.count: the ports from that of grpc.address'],
  ['workers: { count: 2 }\ngrpc: { address: "unix:///s" }', 'workers.count: each worker needs a socket of its own'],
  [
    'engine: { kind: opa }\nkubernetes: { proxy: { address: "0.0.0.0:8001", allow: [{ resource: pods }] } }',
    'kubernetes.proxy.address: other machines would reach the API server',
  ],
  [
    'engine: { kind: opa }\nkubernetes: { proxy: { address: "10.0.0.7:8001", allow: [{ resource: pods }] } }',
    'kubernetes.proxy.address: other machines would reach the API server',
  ],
  [
    'engine: { kind: opa }\nkubernetes: { proxy: { address: "127.0.0.1:9090", allow: [{ resource: pods }] } }',
    'kubernetes.proxy.address: admin.address listens there too',
  ],
  [
    'engine: { kind: opa }\nkubernetes: { proxy: { mode: "0600", allow: [{ resource: pods }] } }',
    'kubernetes.proxy.mode: only a Unix socket has a mode',
  ],
  [
    'engine: { kind: opa }\nbundles: { discovery: { store: /b, object: x } }',
    'bundles.discovery: only the embedded engine (engine.kind: wasm) follows it',
  ],
  [
    'bundles: { discovery: { store: /b, object: x }, reports: { to_store: true } }',
    'bundles.reports.to_store: bundles.discovery would choose the stores that are written to; use bundles.reports.url',
  ],
  [
    'bundles: { discovery: { store: /b, object: x }, sources: [{ name: a, store: /b, object: x }] }',
    'bundles.sources: bundles.discovery says what is followed; list these sources in its bundle',
  ],
  ['bundles: { discovery: { store: /b } }', 'bundles.discovery: a source follows either a channel or an object'],
  [
    'bundles: { discovery: { store: /b, object: x } }\nengine: { wasm: { bundle: b.tar.gz } }',
    'engine.wasm.bundle: bundles.discovery names where the policy comes from',
  ],
  ['bundles: { discovery: { store: /b, object: "a\\tb" } }', 'bundles.discovery.object: wrong value'],
  ['bundles: { discovery: { store: /b, object: x, decision: "../x" } }', 'bundles.discovery.decision: wrong value'],
  ['engine: { kind: opa }\nkubernetes: { proxy: { allow: [{ resource: pods/log }] } }', 'a resource in plural'],
  [
    'engine: { kind: opa }\nkubernetes: { proxy: { allow: [{ resource: pods, verbs: [delete] }] } }',
    'kubernetes.proxy.allow[0].verbs[0]',
  ],
  ['engine: { kind: opa }\nkubernetes: { api: { url: "http://api" } }', 'https://host:port of the API server'],
  [
    'engine: { kind: opa }\nkubernetes: { api: { url: "https://user:pass@api" } }',
    'https://host:port of the API server',
  ],
  [
    'kubernetes: { feed: { resources: [{ resource: pods }], refresh: 5m } }',
    'kubernetes.feed.max_staleness: data is that old',
  ],
  [
    'kubernetes: { feed: { resources: [{ resource: pods }, { resource: pods, group: metrics.k8s.io }] } }',
    'kubernetes.feed.resources[1].resource: this resource is already listed',
  ],
  ['kubernetes: { feed: { resources: [{ resource: feed }] } }', 'data.kubernetes has this name already'],
  [
    'kubernetes: { feed: { resources: [{ resource: pods }] } }\nengine: { cache: { enabled: true } }',
    'engine.cache.enabled: a result that is kept does not see',
  ],
  [
    'kubernetes: { feed: { resources: [{ resource: pods }] } }\nworkers: { count: 2 }\nengine: { kind: opa }',
    'kubernetes.feed: several workers would write',
  ],
  ['kubernetes: { proxy: { allow: [{ resource: pods }] } }', 'kubernetes.proxy: the embedded engine has no http.send'],
  ['admin: { address: "unix:///s" }', 'admin.address: wrong value'],
  ['http: {}', 'http.preset: missing'],
  ['http: { preset: nginx, address: "127.0.0.1:9191" }', 'http.address: grpc.address listens there too'],
  ['http: { preset: nginx, address: "0.0.0.0:9090" }', 'http.address: admin.address listens there too'],
  ['http: { preset: nginx, address: "127.0.0.1:9190" }\nworkers: { count: 2 }', 'http.address: grpc.address listens'],
  ['http: { preset: nginx, address: "unix:///s" }\nworkers: { count: 2 }', 'http.address: each worker needs a socket'],
  ['http: { preset: nginx, address: "unix:///s", tls: { cert: c, key: k } }', 'http.tls: a Unix socket is served'],
  ['http: { preset: nginx, address: "unix:///s", trusted_peers: ["::1"] }', 'http.trusted_peers: a Unix socket has no'],
  ['http: { preset: nginx, trusted_peers: [localhost] }', 'http.trusted_peers[0]: wrong value'],
  ['http: { preset: nginx, trusted_peers: [] }', 'http.trusted_peers: wrong value'],
  ['http: { preset: nginx, mode: "0600" }', 'http.mode: only a Unix socket has a mode'],
  ['http: { preset: nginx, max_body_size: 1MiB }', 'http.max_body_size: only envoy-http passes bodies on'],
  ['http: { preset: haproxy, backend_headers: [x-a] }', 'http.backend_headers: the haproxy script makes'],
  ['http: { preset: traefik, client_headers: [x-a] }', 'http.client_headers: traefik takes nothing'],
  ['engine: { paths: [{ path: a/b }, { path: a/b, shape: http-api }] }', 'engine.paths[1].path: this decision path'],
  ['engine: { opa: { url: "https://h", tls: { cert: c } } }', 'engine.opa.tls.cert: a certificate needs its key'],
  ['engine: { opa: { url: "https://h", tls: { key: k } } }', 'engine.opa.tls.key: a key needs its certificate'],
  ['engine: { opa: { url: "http://h", tls: { ca: c } } }', 'engine.opa.tls: engine.opa.url is not an https URL'],
  ['engine: { opa: { url: "http://h/v1/data" } }', 'without a path'],
  ['engine: { kind: opa, cache: { enabled: true } }', 'engine.cache.enabled: only the plan in engine.opa.bundle'],
  ['engine: { kind: opa, opa: { batch: { max_size: 2 } } }', 'engine.opa.batch.max_size: only the plan'],
  ['engine: { kind: opa, opa: { projection: true } }', 'engine.opa.projection: only the plan'],
  ['input: { path_parsing: opa-envoy-plugin, encoded_slashes: refuse }', 'input.encoded_slashes: only'],
  ['input: { body_parsing: off, grpc: { descriptors: d } }', 'input.grpc.descriptors: input.body_parsing is off'],
  ['input: { grpc: { max_decompressed_size: 1MiB } }', 'input.grpc.max_decompressed_size: gRPC messages are'],
  [
    'input: { body_parsing: opa-envoy-plugin, grpc: { descriptors: d, max_decompressed_size: 1MiB } }',
    'input.grpc.max_decompressed_size: gRPC messages are',
  ],
  [`identity: { sources: [{ ${header}, roles: roles, underscore_alias: true }] }`, 'sources[0].underscore_alias: the'],
  [`identity: { sources: [{ ${header}, roles: x-r, subject: x-r }] }`, 'sources[0].subject: roles names the same'],
  [redis('nodes: ["a:1", "b:1"]'), 'identity.sources[0].redis.nodes: mode single has one node'],
  [redis('nodes: ["unix:///s"], mode: cluster'), 'redis.nodes: a Unix socket is no node of a cluster'],
  [redis('nodes: ["a"]'), 'redis.nodes[0]: wrong value; expected an address such as'],
  [redis('mode: sentinel'), 'redis.sentinel_name: mode sentinel needs it'],
  [redis('sentinel_name: a'), 'redis.sentinel_name: only mode sentinel has it'],
  [redis('mode: cluster, database: 1'), 'redis.database: a cluster has only the database 0'],
  [redis('nodes: ["unix:///s"], tls: {}'), 'redis.tls: a Unix socket is reached without TLS'],
  [redis('tls: { cert: c }'), 'redis.tls: a certificate needs its key'],
  [
    'identity: { sources: [{ kind: redis-session, keys: k, cache: { ttl: 2s } }] }',
    'cache.ttl: wrong value; expected at',
  ],
  [
    'identity: { sources: [{ kind: token-file, file: a }, { kind: redis-session, keys: k }] }',
    'identity.sources[1]: is never asked: sources[0], token-file',
  ],
  [
    'identity: { forward: { headers: { subject: x-a, roles: x-a } } }',
    'forward.headers.roles: another member has this',
  ],
  [
    'identity: { forward: { headers: { subject: host } } }',
    'identity.forward.headers.subject: host is not ours to set',
  ],
  ['identity: { forward: { token: { audience: [a], keys: [] } } }', 'identity.forward.token.keys: wrong value'],
  ['identity: { sources: [{ kind: jwt, issuer: i }] }', 'identity.sources[0].audience: missing'],
  ['identity: { sources: [{ kind: jwt, issuer: i, audience: [] }] }', 'expected at least'],
  [
    'identity: { sources: [{ kind: jwt, issuer: i, audience: [a], algorithms: [HS256] }] }',
    'identity.sources[0].algorithms[0]: wrong value',
  ],
  [
    'identity: { sources: [{ kind: jwt, issuer: i, audience: [a], jwks_url: "http://idp.example/jwks" }] }',
    'identity.sources[0].jwks_url: wrong value; expected an https URL',
  ],
  ['identity: { sources: [{ kind: api-key }] }', 'identity.sources[0]: says nowhere to look'],
  ['identity: { sources: [{ kind: api-key, file: f, redis: {} }] }', 'sources[0].redis: file says where to look'],
  ['identity: { sources: [{ kind: api-key, redis: {} }] }', 'sources[0].redis: needs keys'],
  ['identity: { sources: [{ kind: api-key, file: f, keys: k }] }', 'sources[0].keys: only redis needs it'],
  ['identity: { sources: [{ kind: client-certificate }] }', 'sources[0].trust_domains: missing'],
  [
    'identity: { sources: [{ kind: client-certificate, trust_domains: [a], from: xfcc }] }',
    'identity.sources[0].from: anyone could write that header',
  ],
  [
    'identity: { sources: [{ kind: client-certificate, trust_domains: [a], trusted_peers: [10.0.0.1] }] }',
    'identity.sources[0].trusted_peers: only from xfcc',
  ],
  ['identity: { sources: [{ kind: trusted-header }] }', 'identity.sources[0]: says nothing about whose headers'],
  [`identity: { sources: [{ ${header}, unsafe_any_peer: true }] }`, 'sources[0].unsafe_any_peer: with it nobody looks'],
  ['identity: { sources: [{ kind: trusted-header, trusted_peers: [10.0.0.0/33] }] }', 'expected an address or a range'],
  [
    'identity: { sources: [{ kind: token-file, file: a }, { kind: token-file, file: b }] }',
    'identity.sources[1]: is never asked: sources[0], token-file',
  ],
])('%s is refused', async (yaml, problem) => {
  expect(await check(yaml)).toContain(problem);
});

test.each([
  'engine: { kind: opa, wasm: { bundle: b } }',
  'grpc: { address: "127.0.0.1:0" }\nadmin: { address: "127.0.0.1:0" }',
  'grpc: { address: "unix:///s", mode: 0660 }',
  'grpc: { address: "[::1]:9090" }',
  'workers: { count: 2 }\ngrpc: { address: "127.0.0.1:0" }',
  'workers: { count: 2 }\ngrpc: { address: "unix:///s-{worker}" }',
  'workers: { count: 2 }\nadmin: { address: "127.0.0.1:9193" }',
  'engine: { opa: { url: "https://h", tls: { ca: c } } }',
  'compatibility: opa-envoy-plugin',
  'http: { preset: envoy-http, max_body_size: 1MiB, client_headers: [x-a] }',
  'http: { preset: nginx, address: "unix:///s", mode: "0600" }',
  'identity: { sources: [{ kind: redis-session, keys: k }, { kind: token-file, file: a }] }',
  redis('mode: sentinel, sentinel_name: m, nodes: ["a:1", "[::1]:2"]'),
  'identity: { sources: [{ kind: trusted-header, unsafe_any_peer: true }] }',
  `identity: { sources: [{ ${header}, underscore_alias: true }, { kind: token-file, file: a }] }`,
])('%s is fine', async (yaml) => {
  expect(await check(yaml)).toBe('OK');
});
