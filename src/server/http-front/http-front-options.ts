import type { CheckCall } from '../../check/check-handler.js';
import type { ListenAddress } from '../../config/address.js';
import type { FrontRefusal } from '../../telemetry/front-refusal.js';
import type { DrainableServer } from '../server-group.js';
import type { TlsFiles } from '../tls-files.js';
import type { TlsReloadEvents } from '../tls-watch.js';
import type { HttpAnswer } from './http-answer.js';
import type { SubRequest } from './sub-request.js';

/** Sizes in bytes, times in milliseconds. */
export interface HttpFrontOptions {
  readonly address: ListenAddress;
  /** File mode of a Unix socket. */
  readonly socketMode: number;
  readonly tls?: TlsFiles | undefined;
  /** How often the TLS files are read again; 10 s unless told otherwise. */
  readonly tlsPollInterval?: number;
  /** Whether a gateway may have this address. Not asked on a Unix socket. */
  readonly isTrustedPeer: (address: string) => boolean;
  /** The largest request body that is read; undefined when bodies are not looked at. */
  readonly maxBodySize: number | undefined;
  readonly maxHeaderSize: number;
  readonly maxConcurrentChecks: number;
  readonly maxConnections: number;
  readonly requestTimeout: number;
  readonly idleTimeout: number;
}

export interface HttpFrontEvents {
  readonly refused: (reason: FrontRefusal) => void;
  /** A check was refused because `maxConcurrentChecks` are in flight. */
  readonly overloaded: () => void;
  /** The check broke its promise never to fail. */
  readonly fault: (error: unknown) => void;
  readonly tls: TlsReloadEvents;
}

/** Answers one sub-request. Never rejects. */
export type HttpCheck = (sub: SubRequest, call: CheckCall) => HttpAnswer | Promise<HttpAnswer>;

export interface HttpFront extends DrainableServer {
  /**
   * Resolves to the bound address, with the real port.
   *
   * @throws PortcullisError `address_in_use`, `listen_failed` or `tls_invalid`
   */
  listen(): Promise<string>;
  checksInFlight(): number;
}
