import type { MetadataContext } from './attributes.js';
import { type Mutable, readMessageEntry, setBytes, setScalar } from './message-fields.js';
import { emptyStruct, readStruct } from './read-struct.js';
import { lengthTag } from './wire-format.js';
import type { WireReader } from './wire-reader.js';

type TypedMetadata = NonNullable<MetadataContext['typedFilterMetadata']>[string];

const metadataTag = { filterMetadata: lengthTag(1), typedFilterMetadata: lengthTag(2) } as const;
const anyTag = { typeUrl: lengthTag(1), value: lengthTag(2) } as const;

/** Reads `envoy.config.core.v3.Metadata`, merging into what the same field held before. */
export function readMetadata(reader: WireReader, metadata: Mutable<MetadataContext>): MetadataContext {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === metadataTag.filterMetadata) {
      metadata.filterMetadata = readMessageEntry(reader, readStruct, emptyStruct, metadata.filterMetadata);
    } else if (tag === metadataTag.typedFilterMetadata) {
      metadata.typedFilterMetadata = readMessageEntry(reader, readAny, emptyAny, metadata.typedFilterMetadata);
    } else reader.skip(tag);
  }
  reader.leave(outer);
  return metadata;
}

function emptyAny(): TypedMetadata {
  return {};
}

/** Never expanded: the type is one that only Envoy's configuration knows. */
function readAny(reader: WireReader, earlier: TypedMetadata | undefined): TypedMetadata {
  const any: Mutable<TypedMetadata> = earlier ?? {};
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === anyTag.typeUrl) setScalar(any, 'typeUrl', reader.string());
    else if (tag === anyTag.value) setBytes(any, 'value', reader.byteString());
    else reader.skip(tag);
  }
  reader.leave(outer);
  return any;
}
