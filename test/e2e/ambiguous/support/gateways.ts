import type { Gateway } from '../../matrix/support/gateway.js';

/** An Envoy that the ambiguous requests are sent to, and how it hands on what it got. */
export interface GatewayVariant {
  readonly name: string;
  /** `lax`: none of the settings by which Envoy itself keeps ambiguous requests away. */
  readonly strictness: 'hardened' | 'lax';
  readonly change: (gateway: Gateway) => void;
}

/** The largest body that is handed on, in bytes. */
export const bodyLimit = 262_144;

/** The shipped Envoy and one that proves Portcullis alone, each with headers as a map and line by line. */
export const gateways: readonly GatewayVariant[] = (['hardened', 'lax'] as const).flatMap((strictness) =>
  [false, true].map((rawHeaders) => ({
    name: `${strictness} Envoy, ${rawHeaders ? 'header lines' : 'header map'}`,
    strictness,
    change: (gateway) => {
      if (strictness === 'lax') loosen(gateway);
      forwardBodies(gateway);
      gateway.extAuthz['encode_raw_headers'] = rawHeaders;
    },
  })),
);

/** Takes away what keeps ambiguous paths, names with underscores and forged identity headers from Portcullis. */
export function loosen({ connectionManager }: Gateway): void {
  connectionManager['normalize_path'] = false;
  connectionManager['merge_slashes'] = false;
  connectionManager['path_with_escaped_slashes_action'] = 'KEEP_UNCHANGED';
  connectionManager.common_http_protocol_options['headers_with_underscores_action'] = 'ALLOW';
  delete connectionManager['early_header_mutation_extensions'];
}

function forwardBodies({ extAuthz }: Gateway): void {
  extAuthz['with_request_body'] = { max_request_bytes: bodyLimit, allow_partial_message: false, pack_as_bytes: true };
}
