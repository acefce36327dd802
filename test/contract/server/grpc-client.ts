import {
  type CallOptions,
  type ChannelCredentials,
  Client,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { checkPath } from '../../../src/envoy/service-names.js';

export type Reply = { readonly code: 0; readonly bytes: Buffer } | { readonly code: number; readonly details: string };

export interface RawClient {
  /** Sends bytes as they are, to Check unless told otherwise. */
  call(bytes: Buffer, options?: CallOptions & { readonly path?: string }): { reply: Promise<Reply>; cancel(): void };
  readonly grpc: Client;
  close(): void;
}

/** A gRPC client with a connection of its own. */
export function createClient(address: string, channel: ChannelCredentials = credentials.createInsecure()): RawClient {
  const target = address.replace('unix://', 'unix:');
  const grpc = new Client(target, channel, { 'grpc.use_local_subchannel_pool': 1 });
  return {
    grpc,
    close: () => grpc.close(),
    call: (bytes, { path = checkPath, ...options } = {}) => {
      let call: ClientUnaryCall | undefined;
      const reply = new Promise<Reply>((resolve) => {
        call = grpc.makeUnaryRequest(
          path,
          (request: Buffer) => request,
          (response: Buffer) => response,
          bytes,
          new Metadata(),
          options,
          (error: ServiceError | null, response?: Buffer) => {
            if (error !== null) resolve({ code: error.code, details: error.details });
            else resolve({ code: 0, bytes: response ?? Buffer.alloc(0) });
          },
        );
      });
      return { reply, cancel: () => call?.cancel() };
    },
  };
}
