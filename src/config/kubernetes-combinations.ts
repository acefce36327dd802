import { collide, isLoopback, type ListenAddress, parseListenAddress } from './address.js';
import type { Conflict } from './conflict.js';
import type { Config } from './schema.js';

/** What cannot stand together of `kubernetes` and the rest. */
export function kubernetesConflicts(config: Config): Conflict[] {
  return [...proxyConflicts(config), ...feedConflicts(config)];
}

function proxyConflicts({ admin, engine, grpc, kubernetes: { proxy } }: Config): Conflict[] {
  const address = proxy && addressOf(proxy.address);
  if (address === undefined) return [];
  const path = ['kubernetes', 'proxy', 'address'];
  const conflicts: Conflict[] = [];
  if (address.kind === 'tcp' && !isLoopback(address.host)) {
    const because = 'other machines would reach the API server with our token; listen on loopback or a Unix socket';
    conflicts.push({ path, because });
  }
  for (const [name, text] of [['grpc.address', grpc.address] as const, ['admin.address', admin.address] as const]) {
    const other = addressOf(text);
    if (other && collide(address, other)) conflicts.push({ path, because: `${name} listens there too` });
  }
  if (engine.kind === 'wasm') {
    conflicts.push({ path: ['kubernetes', 'proxy'], because: 'the embedded engine has no http.send to ask it with' });
  }
  return conflicts;
}

function feedConflicts({ engine, kubernetes: { feed }, workers }: Config): Conflict[] {
  if (feed === undefined) return [];
  const at = ['kubernetes', 'feed'];
  const conflicts: Conflict[] = [];
  if (feed.max_staleness <= feed.refresh) {
    const because = 'data is that old between two signs of the API server; kubernetes.feed.refresh must be shorter';
    conflicts.push({ path: [...at, 'max_staleness'], because });
  }
  if (engine.cache.enabled) {
    const because = 'a result that is kept does not see how kubernetes.feed changes';
    conflicts.push({ path: ['engine', 'cache', 'enabled'], because });
  }
  if (engine.kind === 'opa' && workers.count > 1) {
    conflicts.push({ path: at, because: 'several workers would write it into one OPA; set workers.count to 1' });
  }
  const names = feed.resources.map(({ resource }) => resource);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    conflicts.push({ path: [...at, 'resources', index, 'resource'], because: 'this resource is already listed' });
  }
  return conflicts;
}

function addressOf(text: string): ListenAddress | undefined {
  const parsed = parseListenAddress(text);
  return parsed.ok ? parsed.value : undefined;
}
