import { Client, credentials } from '@grpc/grpc-js';

/** Asks with bytes of the test's own, for messages that no library writes. */
export interface RawClient {
  check(request: Buffer): Promise<Buffer>;
  close(): void;
}

export function connectRaw(address: string): RawClient {
  const client = new Client(address, credentials.createInsecure());
  const asIs = (bytes: Buffer) => bytes;
  return {
    check: (request) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest<Buffer, Buffer>(
          '/envoy.service.auth.v3.Authorization/Check',
          asIs,
          asIs,
          request,
          { deadline: Date.now() + 5_000 },
          (error, response) => (error === null && response !== undefined ? resolve(response) : reject(error)),
        );
      }),
    close: () => client.close(),
  };
}
