import { createCheckIn } from '../check/check.js';
import type { Observer } from '../check/observe.js';
import { addressMatcher, parseAddressRange } from '../config/address-range.js';
import type { Config } from '../config/schema.js';
import { workerAddress } from '../config/worker-address.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { createHttpDialect } from '../server/http-front/http-dialect.js';
import { createHttpFront, type HttpFront } from '../server/http-front/http-front.js';
import { presetOf } from '../server/http-front/preset.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import { listenAddress } from './listen-address.js';
import type { LiveConfig } from './live-config.js';

/** Milliseconds for which a gateway's mistake is not reported again: it comes with every request. */
const quietTime = 60_000;

/** The front for gateways that ask over HTTP. */
export function createFront(
  http: NonNullable<Config['http']>,
  worker: number,
  live: LiveConfig,
  observe: Observer,
  metrics: Metrics,
  logger: Logger,
): HttpFront {
  const preset = presetOf(http.preset);
  const warn = quietly((reason) => {
    logger.warn({ preset: http.preset, reason }, 'a gateway asks in a way that its preset does not; see docs/gateways');
  });
  const warnOfPeer = quietly(() => {
    logger.warn('a connection to the HTTP front from an address that is not in http.trusted_peers was refused');
  });
  const dialect = createHttpDialect({
    preset,
    backendHeaders: new Set(http.backend_headers),
    clientHeaders: new Set(http.client_headers),
    unsupportedChanges: http.unsupported_changes,
    oddHeaderNames: http.odd_header_names,
    unreadable: warn,
  });
  return createHttpFront(
    frontOptions(http, worker),
    createCheckIn(dialect, () => live.state(), observe),
    {
      refused: (reason) => {
        metrics.frontRefused(reason);
        if (reason === 'untrusted_peer') warnOfPeer(reason);
      },
      overloaded: () => metrics.check('error', 'engine_overloaded', 0),
      fault: (error) => logger.error({ err: error }, 'fault while answering a gateway'),
      tls: {
        reloaded: () => logger.info('certificate of the HTTP front read again'),
        refused: (error) => logger.error({ err: error }, 'the renewed certificate is refused; the old one goes on'),
      },
    },
  );
}

function frontOptions(http: NonNullable<Config['http']>, worker: number) {
  const ranges = http.trusted_peers.map((text) => {
    const range = parseAddressRange(text);
    if (!range.ok) throw new PortcullisError('config_invalid', `${text}: expected ${range.error}`);
    return range.value;
  });
  return {
    address: workerAddress(listenAddress(http.address), worker),
    socketMode: Number.parseInt(http.mode, 8),
    tls: http.tls && { cert: http.tls.cert, key: http.tls.key, clientCa: http.tls.client_ca },
    isTrustedPeer: addressMatcher(ranges),
    maxBodySize: http.preset === 'envoy-http' ? http.max_body_size : undefined,
    maxHeaderSize: http.max_header_size,
    maxConcurrentChecks: http.max_concurrent_checks,
    maxConnections: http.max_connections,
    requestTimeout: http.request_timeout,
    idleTimeout: http.idle_timeout,
  };
}

/** Tells the same thing once in a while only; there are few different things to tell. */
function quietly(tell: (reason: string) => void): (reason: string) => void {
  const told = new Map<string, number>();
  return (reason) => {
    const now = performance.now();
    if (now - (told.get(reason) ?? Number.NEGATIVE_INFINITY) < quietTime) return;
    told.set(reason, now);
    tell(reason);
  };
}
