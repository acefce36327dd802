import {
  createFileRegistry,
  createRegistry,
  type DescMethod,
  type FileRegistry,
  fromBinary,
  type Registry,
} from '@bufbuild/protobuf';
import {
  type FileDescriptorProto,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt';
import { fail, ok, type Result } from '../../errors/result.js';

/** The services and messages of a FileDescriptorSet. */
export interface GrpcDescriptors {
  readonly types: Registry;
  /** @param segments the parsed path: service and method; undefined for anything else */
  method(segments: readonly string[]): DescMethod | undefined;
}

/** The types that protobuf itself brings; a message may hold them without an import of its own. */
export const wellKnownTypes: Registry = createRegistry(
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
);

/** Reads an encoded `google.protobuf.FileDescriptorSet`, imports included. */
export function parseGrpcDescriptors(bytes: Uint8Array): Result<GrpcDescriptors> {
  try {
    const set = fromBinary(FileDescriptorSetSchema, bytes);
    const registry = createFileRegistry({ ...set, file: importsFirst(set) });
    if (![...registry].some(({ kind }) => kind === 'service')) return fail('it describes no service');
    return ok({
      types: createRegistry(wellKnownTypes, registry),
      method: (segments) => findMethod(registry, segments),
    });
  } catch (thrown) {
    return fail(thrown instanceof Error ? thrown.message : 'it cannot be read');
  }
}

function findMethod(registry: FileRegistry, segments: readonly string[]): DescMethod | undefined {
  const [service = '', method] = segments;
  if (segments.length !== 2) return undefined;
  return registry.getService(service)?.methods.find(({ name }) => name === method);
}

export function isClientStreaming({ methodKind }: DescMethod): boolean {
  return methodKind === 'client_streaming' || methodKind === 'bidi_streaming';
}

/** protobuf-es wants each file behind those it imports; the order in a set says nothing. */
function importsFirst(set: FileDescriptorSet): FileDescriptorProto[] {
  const files = new Map(set.file.map((file) => [file.name, file]));
  const sorted = new Set<FileDescriptorProto>();
  const visit = (file: FileDescriptorProto) => {
    if (!files.delete(file.name)) return;
    for (const name of file.dependency) {
      const imported = files.get(name);
      if (imported !== undefined) visit(imported);
    }
    sorted.add(file);
  };
  set.file.forEach(visit);
  return [...sorted];
}
