import { collide, type ListenAddress, parseListenAddress } from './address.js';
import { bundleConflicts } from './bundle-combinations.js';
import type { Conflict } from './conflict.js';
import { httpConflicts, inapplicableHttpKeys } from './http-combinations.js';
import { identityConflicts } from './identity-combinations.js';
import { kubernetesConflicts } from './kubernetes-combinations.js';
import { parseOpaUrl } from './opa-url.js';
import type { Config } from './schema.js';
import { workerAddresses } from './worker-address.js';

/** Whether a key was set by hand, in the file or by a variable. */
export type IsSet = (path: readonly string[]) => boolean;

/** What is valid key by key and impossible together. */
export function findConflicts(config: Config, isSet: IsSet): Conflict[] {
  return [
    ...inapplicableKeys(config).filter(({ path }) => isSet(path)),
    ...listenerConflicts(config),
    ...httpConflicts(config),
    ...duplicatePaths(config),
    ...opaConflicts(config),
    ...bundleConflicts(config),
    ...identityConflicts(config),
    ...kubernetesConflicts(config),
  ];
}

/** Keys that say nothing under this configuration: setting one by hand is a mistake, and none is printed. */
export function inapplicableKeys(config: Config): { readonly path: readonly string[]; readonly because: string }[] {
  const keys = [];
  const { proxy } = config.kubernetes;
  if (proxy !== undefined && !isUnix(proxy.address)) {
    const because = 'only a Unix socket has a mode, and kubernetes.proxy.address is none';
    keys.push({ path: ['kubernetes', 'proxy', 'mode'], because });
  }
  if (!isUnix(config.grpc.address)) {
    keys.push({ path: ['grpc', 'mode'], because: 'only a Unix socket has a mode, and grpc.address is none' });
  }
  keys.push(...inapplicableHttpKeys(config));
  if (config.input.path_parsing !== 'strict') {
    const because = 'only input.path_parsing strict knows encoded slashes; this one decodes them before it splits';
    keys.push({ path: ['input', 'encoded_slashes'], because });
  }
  if (config.input.body_parsing === 'off') {
    keys.push({ path: ['input', 'grpc', 'descriptors'], because: 'input.body_parsing is off: no body is read' });
  }
  if (config.input.body_parsing !== 'strict' || config.input.grpc.descriptors === undefined) {
    const because = 'gRPC messages are decompressed only with input.grpc.descriptors and input.body_parsing strict';
    keys.push({ path: ['input', 'grpc', 'max_decompressed_size'], because });
  }
  return keys;
}

function listenerConflicts(config: Config): Conflict[] {
  const grpc = addressOf(config.grpc.address);
  const admin = addressOf(config.admin.address);
  const conflicts: Conflict[] = [];
  if (config.grpc.tls && isUnix(config.grpc.address)) {
    conflicts.push({ path: ['grpc', 'tls'], because: 'a Unix socket is served without TLS; its mode protects it' });
  }
  if (grpc === undefined) return conflicts;
  const workers = workerAddresses(grpc, config.workers.count);
  if (!workers.ok) conflicts.push({ path: ['workers', 'count'], because: workers.error });
  else if (admin && workers.value.some((worker) => collide(worker, admin))) {
    const because = config.workers.count === 1 ? 'grpc.address listens there too' : 'one of the workers listens there';
    conflicts.push({ path: ['admin', 'address'], because });
  }
  return conflicts;
}

function duplicatePaths(config: Config): Conflict[] {
  const paths = config.engine.paths.map(({ path }) => path);
  return paths.flatMap((path, index) =>
    paths.indexOf(path) === index
      ? []
      : [{ path: ['engine', 'paths', index, 'path'], because: 'this decision path is already listed' }],
  );
}

function opaConflicts({ engine: { cache, kind, opa } }: Config): Conflict[] {
  const { tls } = opa;
  const conflicts: Conflict[] = [];
  if (kind === 'opa' && opa.bundle === undefined) {
    const because = 'only the plan in engine.opa.bundle tells what the policy reads';
    if (cache.enabled) conflicts.push({ path: ['engine', 'cache', 'enabled'], because });
    if (opa.projection) conflicts.push({ path: ['engine', 'opa', 'projection'], because });
    if (opa.batch.max_size > 1) conflicts.push({ path: ['engine', 'opa', 'batch', 'max_size'], because });
  }
  if (tls === undefined) return conflicts;
  const url = parseOpaUrl(opa.url);
  if (url.ok && !(url.value.kind === 'http' && url.value.tls)) {
    conflicts.push({ path: ['engine', 'opa', 'tls'], because: 'engine.opa.url is not an https URL' });
  }
  if (tls.cert !== undefined && tls.key === undefined) {
    conflicts.push({ path: ['engine', 'opa', 'tls', 'cert'], because: 'a certificate needs its key' });
  }
  if (tls.key !== undefined && tls.cert === undefined) {
    conflicts.push({ path: ['engine', 'opa', 'tls', 'key'], because: 'a key needs its certificate' });
  }
  return conflicts;
}

function isUnix(address: string): boolean {
  return addressOf(address)?.kind === 'unix';
}

function addressOf(text: string): ListenAddress | undefined {
  const parsed = parseListenAddress(text);
  return parsed.ok ? parsed.value : undefined;
}
