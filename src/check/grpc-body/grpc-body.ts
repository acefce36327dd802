import type { Config } from '../../config/schema.js';
import type { GrpcBodyReader } from '../body/parsed-body.js';
import { createPluginGrpcReader } from './grpc-body-plugin.js';
import { createStrictGrpcReader } from './grpc-body-strict.js';
import type { GrpcDescriptors } from './grpc-descriptors.js';

export { parseGrpcDescriptors } from './grpc-descriptors.js';

/** What reads gRPC bodies under this configuration; undefined when bodies are not parsed. */
export function createGrpcBodyReader(
  descriptors: GrpcDescriptors,
  { body_parsing: mode, grpc }: Config['input'],
): GrpcBodyReader | undefined {
  if (mode === 'off') return undefined;
  return mode === 'strict'
    ? createStrictGrpcReader(descriptors, grpc.max_decompressed_size)
    : createPluginGrpcReader(descriptors);
}
