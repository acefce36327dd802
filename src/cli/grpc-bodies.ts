import { readFile } from 'node:fs/promises';
import type { GrpcBodyReader } from '../check/body/parsed-body.js';
import type { Config } from '../config/schema.js';
import { PortcullisError } from '../errors/portcullis-error.js';

/**
 * Makes what reads gRPC bodies by the FileDescriptorSet that `input.grpc.descriptors` names.
 *
 * @throws PortcullisError `config_unreadable` or `config_invalid`
 */
export async function openGrpcBodies(input: Config['input']): Promise<GrpcBodyReader | undefined> {
  const file = input.grpc.descriptors;
  if (file === undefined) return undefined;
  const bytes = await readBytes(file);
  // Loaded only now: most have no descriptors, and should not wait for protobuf-es at each start.
  const { createGrpcBodyReader, parseGrpcDescriptors } = await import('../check/grpc-body/grpc-body.js');
  const descriptors = parseGrpcDescriptors(bytes);
  if (descriptors.ok) return createGrpcBodyReader(descriptors.value, input);
  throw new PortcullisError(
    'config_invalid',
    `input.grpc.descriptors: ${file} is not a usable FileDescriptorSet: ${descriptors.error}`,
  );
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new PortcullisError('config_unreadable', `input.grpc.descriptors: ${file} cannot be read: ${reason}`, {
      cause: error,
    });
  }
}
