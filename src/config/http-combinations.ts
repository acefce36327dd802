import { collide, type ListenAddress, parseListenAddress } from './address.js';
import type { Conflict } from './conflict.js';
import type { Config } from './schema.js';
import { workerAddresses } from './worker-address.js';

/** What cannot stand together of `http` and the rest. */
export function httpConflicts({ http, grpc, admin, workers }: Config): Conflict[] {
  const own = http && addressOf(http.address);
  if (http === undefined || own === undefined) return [];
  const conflicts: Conflict[] = [];
  const path = ['http', 'address'];
  if (http.tls && own.kind === 'unix') {
    conflicts.push({ path: ['http', 'tls'], because: 'a Unix socket is served without TLS; its mode protects it' });
  }
  const fronts = workerAddresses(own, workers.count);
  if (!fronts.ok) return [...conflicts, { path, because: fronts.error.replaceAll('grpc.address', 'http.address') }];
  const servers = allOf(addressOf(grpc.address), workers.count);
  const others = { 'grpc.address': servers, 'admin.address': allOf(addressOf(admin.address), 1) };
  for (const [name, addresses] of Object.entries(others)) {
    if (fronts.value.some((front) => addresses.some((other) => collide(front, other)))) {
      conflicts.push({ path, because: `${name} listens there too` });
    }
  }
  return conflicts;
}

/** Keys that say nothing for this gateway. */
export function inapplicableHttpKeys({
  http,
}: Config): { readonly path: readonly string[]; readonly because: string }[] {
  if (http === undefined) return [];
  const keys = [];
  if (addressOf(http.address)?.kind === 'unix') {
    const because = 'a Unix socket has no addresses of peers; its mode says who may connect';
    keys.push({ path: ['http', 'trusted_peers'], because });
  } else keys.push({ path: ['http', 'mode'], because: 'only a Unix socket has a mode, and http.address is none' });
  if (http.preset !== 'envoy-http') {
    keys.push({ path: ['http', 'max_body_size'], because: `only envoy-http passes bodies on, not ${http.preset}` });
  }
  if (http.preset === 'haproxy' || http.preset === 'kong') {
    const because = `the ${http.preset} script makes whatever change an allow asks for`;
    keys.push({ path: ['http', 'backend_headers'], because }, { path: ['http', 'client_headers'], because });
  }
  if (http.preset === 'traefik' || http.preset === 'caddy' || http.preset === 'aws') {
    const because = `${http.preset} takes nothing from an allow to the client`;
    keys.push({ path: ['http', 'client_headers'], because });
  }
  return keys;
}

function allOf(address: ListenAddress | undefined, count: number): readonly ListenAddress[] {
  const all = address && workerAddresses(address, count);
  return all?.ok ? all.value : [];
}

function addressOf(text: string): ListenAddress | undefined {
  const parsed = parseListenAddress(text);
  return parsed.ok ? parsed.value : undefined;
}
