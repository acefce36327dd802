import { expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema.js';
import { unsafeSettings } from '../../../src/config/unsafe.js';

const warnings = (settings: unknown) => unsafeSettings(configSchema.parse(settings));
const tls = { cert: '/c', key: '/k' };

test.each([
  [{ decision: { dry_run: true } }, 'decision.dry_run'],
  [{ decision: { undefined: 'error' } }, 'decision.undefined'],
  [{ decision: { faults: 'error' } }, 'decision.faults'],
  [{ decision: { redirect_origins: ['*'] } }, 'decision.redirect_origins'],
  [{ identity: { sources: [{ kind: 'trusted-header', trusted_peers: ['10.0.0.1'] }] } }, 'identity.sources[0]'],
  [
    { identity: { sources: [{ kind: 'redis-session', keys: 'k', redis: { nodes: ['redis:6379'] } }] } },
    'identity.sources[0].redis',
  ],
  [{ grpc: { address: 'unix:///s', mode: '0666' } }, 'grpc.mode'],
  [{ grpc: { address: '0.0.0.0:9191' } }, 'grpc.address'],
  [{ admin: { address: '[::]:9090' } }, 'admin.address'],
  [{ http: { preset: 'nginx', address: '0.0.0.0:9292' } }, 'http.address'],
  [{ http: { preset: 'nginx', trusted_peers: ['0.0.0.0/0'] } }, 'http.trusted_peers'],
  [{ http: { preset: 'nginx', address: 'unix:///s', mode: '0666' } }, 'http.mode'],
  [{ http: { preset: 'nginx', unsupported_changes: 'drop' } }, 'http.unsupported_changes'],
  [{ http: { preset: 'nginx', odd_header_names: 'pass' } }, 'http.odd_header_names'],
  [{ bundles: { sources: [{ name: 'shop', store: '/bundles', object: 'x' }] } }, 'bundles.sources'],
  [{ bundles: { discovery: { store: 's3://bucket/x', object: 'x' } } }, 'bundles.discovery'],
  [{ engine: { kind: 'opa', opa: { url: 'http://opa:8181' } } }, 'engine.opa.url'],
  [{ engine: { kind: 'opa', opa: { url: 'http://[2001:db8::1]:8181' } } }, 'engine.opa.url'],
  [{ kubernetes: { proxy: { allow: [{ resource: 'secrets' }] } } }, 'kubernetes.proxy.allow'],
  [
    { kubernetes: { proxy: { address: 'unix:///s', mode: '0666', allow: [{ resource: 'pods' }] } } },
    'kubernetes.proxy.mode',
  ],
  [
    { kubernetes: { feed: { resources: [{ resource: 'secrets', keep: ['data.password'] }] } } },
    'kubernetes.feed.resources',
  ],
])('%j is warned of', (settings, key) => {
  expect(warnings(settings).map((warning) => warning.split(': ')[0])).toEqual([key]);
});

test.each([
  {},
  { grpc: { address: 'unix:///s', mode: '0660' } },
  { grpc: { address: '0.0.0.0:9191', tls } },
  { grpc: { address: '[::1]:9191' } },
  { http: { preset: 'nginx' } },
  { http: { preset: 'aws', address: '0.0.0.0:9292', tls: { ...tls, client_ca: '/ca' }, trusted_peers: ['0.0.0.0/0'] } },
  { engine: { kind: 'opa', opa: { url: 'http://[::1]:8181' } } },
  { engine: { kind: 'opa', opa: { url: 'https://opa:8181' } } },
  { engine: { kind: 'opa', opa: { url: 'unix:///run/opa.sock' } } },
  { engine: { kind: 'wasm', opa: { url: 'http://opa:8181' } } },
  { identity: { sources: [{ kind: 'token-file', file: '/t' }] } },
  { kubernetes: { proxy: { allow: [{ resource: 'pods' }] } } },
  { kubernetes: { feed: { resources: [{ resource: 'secrets', keep: ['*'] }] } } },
])('%j is not', (settings) => {
  expect(warnings(settings)).toEqual([]);
});
