import type { JsonNumber, JsonObject } from '../json/json.js';
import type { WireHeaders } from './wire-headers.js';

/**
 * What Envoy says about a request: our own form of `AttributeContext`.
 *
 * The names and the presence of members are those of opa-envoy-plugin's `input.attributes`, so
 * that the object can stand in the input as it is: a scalar without presence that has its zero
 * value is left out, a message that is present but empty is `{}`, an empty map or list is left out.
 * Maps have no prototype. Struct numbers are plain JavaScript numbers here (NaN and infinities included).
 */
export interface Attributes {
  readonly source?: Peer;
  readonly destination?: Peer;
  readonly request?: { readonly time?: Timestamp; readonly http?: HttpRequest };
  readonly contextExtensions?: StringMap;
  readonly metadataContext?: MetadataContext;
  readonly routeMetadataContext?: MetadataContext;
  readonly tlsSession?: { readonly sni?: string };
}

export interface StringMap {
  readonly [name: string]: string;
}

export interface Peer {
  readonly address?: Address;
  readonly service?: string;
  readonly labels?: StringMap;
  /** Not proof of a verified certificate: Envoy may be set to accept unverified ones. */
  readonly principal?: string;
  /** URL-encoded PEM of the leaf certificate. */
  readonly certificate?: string;
}

export interface Address {
  readonly socketAddress?: {
    /** 0 (TCP) is left out; UDP is 1. */
    readonly protocol?: number;
    readonly address?: string;
    readonly portValue?: number;
    readonly namedPort?: string;
    readonly resolverName?: string;
    readonly ipv4Compat?: boolean;
    readonly networkNamespaceFilepath?: string;
  };
  readonly pipe?: { readonly path?: string; readonly mode?: number };
  readonly envoyInternalAddress?: { readonly serverListenerName?: string; readonly endpointId?: string };
}

export interface Timestamp {
  readonly seconds?: number | JsonNumber;
  readonly nanos?: number;
}

export interface HttpRequest {
  readonly id?: string;
  readonly method?: string;
  /** One value per name, repeated names joined by Envoy with a comma. Absent with `encode_raw_headers`. */
  readonly headers?: StringMap | WireHeaders;
  /** Present with `encode_raw_headers`: every header line in order. */
  readonly headerMap?: { readonly headers?: readonly HeaderLine[] };
  /** As on the wire: with the query string, percent-encoding kept. */
  readonly path?: string;
  readonly host?: string;
  readonly scheme?: string;
  readonly query?: string;
  readonly fragment?: string;
  readonly size?: number | JsonNumber;
  readonly protocol?: string;
  readonly body?: string;
  readonly rawBody?: Uint8Array;
}

export interface HeaderLine {
  readonly key?: string;
  readonly value?: string;
  readonly rawValue?: Uint8Array;
}

export interface MetadataContext {
  readonly filterMetadata?: { readonly [namespace: string]: JsonObject };
  readonly typedFilterMetadata?: {
    readonly [namespace: string]: { readonly typeUrl?: string; readonly value?: Uint8Array };
  };
}
