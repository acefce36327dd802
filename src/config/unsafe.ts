import { isLoopback, parseListenAddress } from './address.js';
import { parseOpaUrl } from './opa-url.js';
import { parseRedisNode } from './redis-node.js';
import type { Config } from './schema.js';

/** One sentence for each setting that is weaker than the default, for the log at start. */
export function unsafeSettings(config: Config): string[] {
  return [
    ...decisionWarnings(config),
    ...identityWarnings(config),
    ...listenerWarnings(config),
    ...httpWarnings(config),
    ...opaWarnings(config),
    ...kubernetesWarnings(config),
    ...bundleWarnings(config),
  ];
}

function decisionWarnings({ decision }: Config): string[] {
  const warnings: string[] = [];
  if (decision.dry_run) warnings.push('decision.dry_run: requests that the policy denies are let through');
  if (decision.undefined === 'error') {
    warnings.push(
      'decision.undefined: an undefined decision is an error, which failure_mode_allow turns into an allow',
    );
  }
  if (decision.faults === 'error') {
    warnings.push('decision.faults: a policy that fails is an error, which failure_mode_allow turns into an allow');
  }
  if (decision.redirect_origins.includes('*')) {
    warnings.push('decision.redirect_origins: a denial may redirect to any site, also to one that the request names');
  }
  return warnings;
}

function identityWarnings({ identity }: Config): string[] {
  return identity.sources.flatMap((source, index) => {
    if ((source.kind === 'redis-session' || source.kind === 'api-key') && source.redis !== undefined)
      return redisWarnings(source.redis, `identity.sources[${index}].redis`);
    if (source.kind !== 'trusted-header') return [];
    const headers = source.subject === undefined ? source.roles : `${source.subject} and ${source.roles}`;
    const place = `identity.sources[${index}]`;
    return [
      source.unsafe_any_peer
        ? `${place}: ${headers} of whoever reaches Envoy are believed; something in front must remove what clients send`
        : `${place}: ${headers} of ${source.trusted_peers.join(', ')} are believed; that hop must remove what clients send`,
    ];
  });
}

function redisWarnings(redis: RedisSection, place: string): string[] {
  const nodes = redis.nodes.map(parseRedisNode).flatMap((node) => (node.ok ? [node.value] : []));
  const isRemote = nodes.some((node) => 'host' in node && !isLoopback(node.host));
  return redis.tls === undefined && isRemote
    ? [`${place}: what is looked up, and the password, travel in plain text to another machine; set tls`]
    : [];
}

type RedisSection = Extract<Config['identity']['sources'][number], { kind: 'redis-session' }>['redis'];

function listenerWarnings({ grpc, admin }: Config): string[] {
  const warnings: string[] = [];
  const address = parseListenAddress(grpc.address);
  if (address.ok && address.value.kind === 'unix' && (Number.parseInt(grpc.mode, 8) & 0o002) !== 0) {
    warnings.push(`grpc.mode: with ${grpc.mode}, every user of this machine may ask for decisions`);
  }
  if (isReachable(grpc.address) && grpc.tls === undefined) {
    warnings.push(`grpc.address: ${grpc.address} is reachable from other machines in plain text`);
  }
  if (isReachable(admin.address)) {
    warnings.push(`admin.address: ${admin.address} shows metrics and status to other machines`);
  }
  return warnings;
}

function httpWarnings({ http }: Config): string[] {
  if (http === undefined) return [];
  const warnings: string[] = [];
  if (isReachable(http.address) && http.tls === undefined) {
    warnings.push(`http.address: ${http.address} is reachable from other machines in plain text`);
  }
  if (http.trusted_peers.some((range) => range.endsWith('/0')) && http.tls?.client_ca === undefined) {
    warnings.push('http.trusted_peers: everyone who reaches the front is believed about method, path and address');
  }
  const address = parseListenAddress(http.address);
  if (address.ok && address.value.kind === 'unix' && (Number.parseInt(http.mode, 8) & 0o002) !== 0) {
    warnings.push(`http.mode: with ${http.mode}, every user of this machine may ask for decisions`);
  }
  if (http.unsupported_changes === 'drop') {
    warnings.push('http.unsupported_changes: requests are let through without what the decision asks to change');
  }
  if (http.odd_header_names === 'pass') {
    warnings.push('http.odd_header_names: a client may pass an identity header to the backend under another spelling');
  }
  return warnings;
}

function opaWarnings({ engine }: Config): string[] {
  const url = parseOpaUrl(engine.opa.url);
  if (engine.kind !== 'opa' || !url.ok || url.value.kind !== 'http') return [];
  if (url.value.tls || isLoopback(url.value.host)) return [];
  return ['engine.opa.url: input, decisions and the token travel in plain text to another machine'];
}

function kubernetesWarnings({ kubernetes: { feed, proxy } }: Config): string[] {
  const warnings: string[] = [];
  const watched = feed?.resources.filter(({ group, resource }) => group === '' && resource === 'secrets') ?? [];
  if (watched.some(({ keep }) => keep.some((member) => /^(data|stringData)(\.|$)/.test(member)))) {
    warnings.push('kubernetes.feed.resources: the data of secrets stands in the data of the policy');
  }
  if (proxy === undefined) return warnings;
  const showsSecrets = proxy.allow.some(({ group, resource }) => group === '' && resource === 'secrets');
  if (showsSecrets) warnings.push('kubernetes.proxy.allow: whoever reaches the proxy can read secrets');
  const address = parseListenAddress(proxy.address);
  if (address.ok && address.value.kind === 'unix' && (Number.parseInt(proxy.mode, 8) & 0o002) !== 0) {
    warnings.push(`kubernetes.proxy.mode: with ${proxy.mode}, every user of this machine may ask the API server`);
  }
  return warnings;
}

function bundleWarnings({ bundles, engine }: Config): string[] {
  if (engine.kind !== 'wasm' || bundles.verification !== undefined) return [];
  const demand = 'bundles.verification demands a signature';
  const warnings = bundles.sources.map(
    ({ name, store }) =>
      `bundles.sources: whoever can write to ${store.split('?', 1)[0]} decides what ${name} allows; ${demand}`,
  );
  const { discovery } = bundles;
  if (discovery !== undefined) {
    const place = discovery.store.split('?', 1)[0];
    warnings.push(`bundles.discovery: whoever can write to ${place} decides which policy is asked; ${demand}`);
  }
  return warnings;
}

function isReachable(text: string): boolean {
  const address = parseListenAddress(text);
  return address.ok && address.value.kind === 'tcp' && !isLoopback(address.value.host);
}
