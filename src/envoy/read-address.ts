import type { Address } from './attributes.js';
import { type Mutable, setScalar } from './message-fields.js';
import { lengthTag, varintTag } from './wire-format.js';
import type { WireReader } from './wire-reader.js';

type SocketAddress = NonNullable<Address['socketAddress']>;
type Pipe = NonNullable<Address['pipe']>;
type InternalAddress = NonNullable<Address['envoyInternalAddress']>;

const addressTag = { socketAddress: lengthTag(1), pipe: lengthTag(2), envoyInternalAddress: lengthTag(3) } as const;
const socketTag = {
  protocol: varintTag(1),
  address: lengthTag(2),
  portValue: varintTag(3),
  namedPort: lengthTag(4),
  resolverName: lengthTag(5),
  ipv4Compat: varintTag(6),
  networkNamespaceFilepath: lengthTag(7),
} as const;
const pipeTag = { path: lengthTag(1), mode: varintTag(2) } as const;
const internalTag = { serverListenerName: lengthTag(1), endpointId: lengthTag(2) } as const;

/** Reads `envoy.config.core.v3.Address`. The kinds are a oneof: the last one counts. */
export function readAddress(reader: WireReader, earlier: Address | undefined): Address {
  let address = earlier ?? {};
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === addressTag.socketAddress) {
      address = { socketAddress: readSocketAddress(reader, { ...address.socketAddress }) };
    } else if (tag === addressTag.pipe) address = { pipe: readPipe(reader, { ...address.pipe }) };
    else if (tag === addressTag.envoyInternalAddress) {
      address = { envoyInternalAddress: readInternalAddress(reader, { ...address.envoyInternalAddress }) };
    } else reader.skip(tag);
  }
  reader.leave(outer);
  return address;
}

function readSocketAddress(reader: WireReader, socket: Mutable<SocketAddress>): SocketAddress {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === socketTag.address) setScalar(socket, 'address', reader.string());
    else if (tag === socketTag.portValue) {
      if (socket.namedPort !== undefined) delete socket.namedPort;
      socket.portValue = reader.uint32();
    } else if (tag === socketTag.protocol) setScalar(socket, 'protocol', reader.int32());
    else if (tag === socketTag.namedPort) {
      if (socket.portValue !== undefined) delete socket.portValue;
      socket.namedPort = reader.string();
    } else if (tag === socketTag.resolverName) setScalar(socket, 'resolverName', reader.string());
    else if (tag === socketTag.ipv4Compat) setScalar(socket, 'ipv4Compat', reader.bool());
    else if (tag === socketTag.networkNamespaceFilepath) {
      setScalar(socket, 'networkNamespaceFilepath', reader.string());
    } else reader.skip(tag);
  }
  reader.leave(outer);
  return socket;
}

function readPipe(reader: WireReader, pipe: Mutable<Pipe>): Pipe {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === pipeTag.path) setScalar(pipe, 'path', reader.string());
    else if (tag === pipeTag.mode) setScalar(pipe, 'mode', reader.uint32());
    else reader.skip(tag);
  }
  reader.leave(outer);
  return pipe;
}

function readInternalAddress(reader: WireReader, internal: Mutable<InternalAddress>): InternalAddress {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    // The only member of a oneof, so an empty name is kept.
    if (tag === internalTag.serverListenerName) internal.serverListenerName = reader.string();
    else if (tag === internalTag.endpointId) setScalar(internal, 'endpointId', reader.string());
    else reader.skip(tag);
  }
  reader.leave(outer);
  return internal;
}
