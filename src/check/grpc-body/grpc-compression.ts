import { gunzipSync, type InputType, inflateSync, type ZlibOptions } from 'node:zlib';
import { ok, type Result } from '../../errors/result.js';
import { type RequestRefusal, refuse } from '../input/request-refusal.js';

type Decoder = (bytes: InputType, options: ZlibOptions) => Buffer;

/** gRPC's `deflate` is the zlib format. */
const decoders: ReadonlyMap<string, Decoder> = new Map([
  ['gzip', gunzipSync],
  ['deflate', inflateSync],
]);

/** Whether {@link decompress} can undo this `grpc-encoding`. */
export function isKnownEncoding(encoding: string): boolean {
  return decoders.has(encoding);
}

/**
 * Undoes a known `grpc-encoding`.
 *
 * @param maxSize bytes; what is more is refused before it is made
 */
export function decompress(bytes: Uint8Array, encoding: string, maxSize: number): Result<Uint8Array, RequestRefusal> {
  const decode = decoders.get(encoding);
  if (decode === undefined) return refuse('body_invalid', 'the compression is not known');
  try {
    // With `info` Node tells what it consumed: bytes behind the end would be left out without a word.
    const { buffer, engine } = decode(bytes, { maxOutputLength: maxSize, info: true }) as unknown as Decoded;
    if (engine.bytesWritten !== bytes.length)
      return refuse('body_invalid', 'there is more behind the compressed message');
    return ok(buffer);
  } catch (thrown) {
    if (thrown instanceof RangeError) return refuse('body_too_complex', 'the message is too large when decompressed');
    return refuse('body_invalid', 'the compressed message is malformed');
  }
}

interface Decoded {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}
