import { collide, isLoopback, type ListenAddress, parseListenAddress } from './address.js';
import type { Conflict } from './conflict.js';
import type { Config } from './schema.js';

/** What cannot stand together of `kubernetes` and the rest. */
export function kubernetesConflicts({ admin, engine, grpc, kubernetes: { proxy } }: Config): Conflict[] {
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

function addressOf(text: string): ListenAddress | undefined {
  const parsed = parseListenAddress(text);
  return parsed.ok ? parsed.value : undefined;
}
