import type { gatewayPresets } from '../../config/schema/http.js';

export type GatewayName = (typeof gatewayPresets)[number];

/** The headers in which a gateway passes on what the client asked for; each must come exactly once. */
export interface Carriers {
  /** Undefined, like `target`: the sub-request has the client's own. */
  readonly method?: string;
  readonly target?: string;
  readonly host: string;
  readonly scheme: string;
  /** Of a list, the last is the client: the gateway added it, and everything before may be made up. */
  readonly client: string;
}

/** How a gateway asks, and what it can do with an answer. */
export interface GatewayPreset {
  readonly name: GatewayName;
  readonly carriers: Carriers;
  /**
   * How an allow is carried out. `declared`: by headers that the gateway's configuration names one by one.
   * `listed`: our script in the gateway does whatever the answer lists. `envoy`: as declared, and it removes what is listed.
   */
  readonly changes: 'declared' | 'listed' | 'envoy';
  /** Whether an allow can set headers of the response. */
  readonly clientHeaders: boolean;
  /**
   * What becomes of a denial's status. `as-is`: the client gets it. `401-or-403`: every other one would become a 500.
   * `below-500`: a 5xx would count as no answer, which a failure mode may turn into an allow.
   */
  readonly denials: 'as-is' | '401-or-403' | 'below-500';
}

/** Names that no gateway uses for anything else, set by the configurations in docs/gateways. */
const original: Carriers = {
  method: 'x-original-method',
  target: 'x-original-uri',
  host: 'x-original-host',
  scheme: 'x-original-scheme',
  client: 'x-original-address',
};

/** What Traefik and Caddy set by themselves. */
const forwarded: Carriers = {
  method: 'x-forwarded-method',
  target: 'x-forwarded-uri',
  host: 'x-forwarded-host',
  scheme: 'x-forwarded-proto',
  client: 'x-forwarded-for',
};

/** Envoy repeats the client's request under a prefix. */
const repeated: Carriers = { host: 'host', scheme: 'x-original-scheme', client: 'x-original-address' };

type Ways = Omit<GatewayPreset, 'name'>;

const ways: Readonly<Record<GatewayName, Ways>> = {
  nginx: { carriers: original, changes: 'declared', clientHeaders: true, denials: '401-or-403' },
  traefik: { carriers: forwarded, changes: 'declared', clientHeaders: false, denials: 'as-is' },
  caddy: { carriers: forwarded, changes: 'declared', clientHeaders: false, denials: 'as-is' },
  haproxy: { carriers: original, changes: 'listed', clientHeaders: true, denials: 'as-is' },
  'envoy-http': { carriers: repeated, changes: 'envoy', clientHeaders: true, denials: 'below-500' },
  kong: { carriers: original, changes: 'listed', clientHeaders: true, denials: 'as-is' },
  aws: { carriers: original, changes: 'declared', clientHeaders: false, denials: 'as-is' },
};

export function presetOf(name: GatewayName): GatewayPreset {
  return { name, ...ways[name] };
}
