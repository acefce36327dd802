import type { ListenAddress } from '../config/address.js';
import type { CheckGateEvents } from './check-gate.js';
import type { TlsFiles } from './tls-files.js';
import type { TlsReloadEvents } from './tls-watch.js';

/** Sizes in bytes, times in milliseconds. */
export interface GrpcServerOptions {
  /** The lean server, `http2`, unless told otherwise; always `grpc-js` with {@link reflection}. */
  readonly server?: 'http2' | 'grpc-js';
  readonly address: ListenAddress;
  /** File mode of a Unix socket; 0660 unless told otherwise. */
  readonly socketMode?: number;
  readonly tls?: TlsFiles | undefined;
  /** How often the TLS files are read again; 10 s unless told otherwise. */
  readonly tlsPollInterval?: number;
  readonly maxMessageSize: number;
  readonly maxConcurrentChecks: number;
  /** HTTP/2 streams per connection. */
  readonly maxConcurrentStreams: number;
  /** Connections beyond this are closed at once; 1024 unless told otherwise. */
  readonly maxConnections?: number;
  /** After this age, more or less a tenth, a connection is told to go away. Without it, never. */
  readonly maxConnectionAge?: number | undefined;
  /** A connection that had no call for this long, at most twice as long, is told to go away. Without it, never. */
  readonly maxConnectionIdle?: number | undefined;
  /** How often a connection is asked for a sign of life; not unless told so. */
  readonly keepaliveTime?: number | undefined;
  /** How long that sign may take; 20 s unless told otherwise. */
  readonly keepaliveTimeout?: number | undefined;
  /** How long a client may take for a whole request, and for its first frame; 10 s unless told otherwise. */
  readonly requestTimeout?: number;
  /** Whether gRPC reflection is served; not unless told so. */
  readonly reflection?: boolean;
}

export interface GrpcServerEvents extends CheckGateEvents {
  readonly tls: TlsReloadEvents;
}

export interface GrpcServer {
  /**
   * Resolves to the bound address, with the real port.
   *
   * @throws PortcullisError `address_in_use`, `listen_failed` or `tls_invalid`
   */
  listen(): Promise<string>;
  checksInFlight(): number;
  connections(): number;
  /** Resolves as soon as no connection is open. */
  whenNoConnections(): Promise<void>;
  /** Stops accepting, tells each connection to go away, lets checks in flight end; resolves when all are closed. */
  stop(): Promise<void>;
  /** Cuts the connections that {@link stop} waits for. */
  destroy(): void;
}
