import type { AsciiText } from './ascii-text.js';
import type { Attributes, Peer, Timestamp } from './attributes.js';
import { type Mutable, readTextEntry, setScalar } from './message-fields.js';
import { readAddress } from './read-address.js';
import { readHttpRequest } from './read-http-request.js';
import { readMetadata } from './read-metadata.js';
import { lengthTag, varintTag } from './wire-format.js';
import type { WireReader } from './wire-reader.js';

type Request = NonNullable<Attributes['request']>;
type TlsSession = NonNullable<Attributes['tlsSession']>;

const attributesTag = {
  source: lengthTag(1),
  destination: lengthTag(2),
  request: lengthTag(4),
  contextExtensions: lengthTag(10),
  metadataContext: lengthTag(11),
  tlsSession: lengthTag(12),
  routeMetadataContext: lengthTag(13),
} as const;
const peerTag = {
  address: lengthTag(1),
  service: lengthTag(2),
  labels: lengthTag(3),
  principal: lengthTag(4),
  certificate: lengthTag(5),
} as const;
const requestTag = { time: lengthTag(1), http: lengthTag(2) } as const;
const timestampTag = { seconds: varintTag(1), nanos: varintTag(2) } as const;
const tlsSessionTag = { sni: lengthTag(1) } as const;

/**
 * Reads `AttributeContext`, merging into what the same field held before.
 *
 * @param later with it, the headers are read when someone asks for them
 */
export function readAttributes(reader: WireReader, attributes: Mutable<Attributes>, later?: AsciiText): Attributes {
  const outer = reader.enter();
  while (reader.more()) readField(reader, reader.tag(), attributes, later);
  reader.leave(outer);
  return attributes;
}

function readField(reader: WireReader, tag: number, into: Mutable<Attributes>, later: AsciiText | undefined): void {
  if (tag === attributesTag.source) into.source = readPeer(reader, into.source ?? {});
  else if (tag === attributesTag.destination) into.destination = readPeer(reader, into.destination ?? {});
  else if (tag === attributesTag.request) into.request = readRequest(reader, into.request ?? {}, later);
  else if (tag === attributesTag.contextExtensions) {
    into.contextExtensions = readTextEntry(reader, into.contextExtensions);
  } else if (tag === attributesTag.metadataContext) {
    into.metadataContext = readMetadata(reader, into.metadataContext ?? {});
  } else if (tag === attributesTag.tlsSession) into.tlsSession = readTlsSession(reader, into.tlsSession ?? {});
  else if (tag === attributesTag.routeMetadataContext) {
    into.routeMetadataContext = readMetadata(reader, into.routeMetadataContext ?? {});
  } else reader.skip(tag);
}

function readPeer(reader: WireReader, peer: Mutable<Peer>): Peer {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === peerTag.address) peer.address = readAddress(reader, peer.address);
    else if (tag === peerTag.service) setScalar(peer, 'service', reader.string());
    else if (tag === peerTag.labels) peer.labels = readTextEntry(reader, peer.labels);
    else if (tag === peerTag.principal) setScalar(peer, 'principal', reader.string());
    else if (tag === peerTag.certificate) setScalar(peer, 'certificate', reader.string());
    else reader.skip(tag);
  }
  reader.leave(outer);
  return peer;
}

function readRequest(reader: WireReader, request: Mutable<Request>, later: AsciiText | undefined): Request {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === requestTag.http) request.http = readHttpRequest(reader, request.http ?? {}, later);
    else if (tag === requestTag.time) request.time = readTimestamp(reader, request.time ?? {});
    else reader.skip(tag);
  }
  reader.leave(outer);
  return request;
}

function readTimestamp(reader: WireReader, time: Mutable<Timestamp>): Timestamp {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === timestampTag.seconds) setScalar(time, 'seconds', reader.int64());
    else if (tag === timestampTag.nanos) setScalar(time, 'nanos', reader.int32());
    else reader.skip(tag);
  }
  reader.leave(outer);
  return time;
}

function readTlsSession(reader: WireReader, session: Mutable<TlsSession>): TlsSession {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === tlsSessionTag.sni) setScalar(session, 'sni', reader.string());
    else reader.skip(tag);
  }
  reader.leave(outer);
  return session;
}
