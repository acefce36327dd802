/** One length-prefixed message of a gRPC body. */
export interface GrpcFrame {
  /** 0 is plain, 1 compressed; gRPC knows no others. */
  readonly flag: number;
  /** undefined when the body ends before the frame does. */
  readonly message: Uint8Array | undefined;
  /** Whether anything follows. */
  readonly last: boolean;
}

const prefixLength = 5;

/** Reads the first frame; undefined when the body ends before its prefix does. */
export function firstFrame(body: Uint8Array): GrpcFrame | undefined {
  if (body.length < prefixLength) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const end = prefixLength + view.getUint32(1);
  return {
    flag: view.getUint8(0),
    message: end > body.length ? undefined : body.subarray(prefixLength, end),
    last: end >= body.length,
  };
}
