import { connect } from 'node:http2';

const checkPath = '/envoy.service.auth.v3.Authorization/Check';

/** Sends one check on a connection of its own. Resolves to the encoded CheckResponse; rejects on any gRPC error. */
export function askCheck(address: string, message: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://${address}`);
    const fail = (reason: unknown) => {
      session.destroy();
      reject(reason instanceof Error ? reason : new Error(String(reason)));
    };
    session.once('error', fail);
    session.setTimeout(5_000, () => fail('no answer within 5 s'));
    const stream = session.request({
      ':method': 'POST',
      ':path': checkPath,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const parts: Buffer[] = [];
    let status: unknown;
    const readStatus = (headers: Record<string, unknown>) => {
      status = headers['grpc-status'] ?? status;
    };
    stream.on('response', readStatus);
    stream.on('trailers', readStatus);
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.once('error', fail);
    stream.once('end', () => {
      if (status !== '0') return fail(`gRPC status ${status}`);
      session.close();
      resolve(Buffer.concat(parts).subarray(5));
    });
    stream.end(framed(message));
  });
}

function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
