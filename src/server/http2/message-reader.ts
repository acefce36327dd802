import { fail, ok, type Result } from '../../errors/result.js';
import { type BufferBudget, MessageBuffer } from './message-buffer.js';
import { type CallFailure, callFailure } from './status.js';

/** A flag for compression and the length, before each message. */
export const prefixLength = 5;

const compressed = callFailure('INTERNAL', 'message is compressed, but no grpc-encoding was declared');
const malformed = callFailure('INTERNAL', 'malformed message prefix');
const truncated = callFailure('INTERNAL', 'request ended within its message');
const tooLarge = callFailure('RESOURCE_EXHAUSTED', 'message is larger than the limit');
const noRoom = callFailure('RESOURCE_EXHAUSTED', 'too many bytes of unfinished messages');
const none = callFailure('UNIMPLEMENTED', 'request has no message');
const several = callFailure('UNIMPLEMENTED', 'request has more than one message');

/** Reads the one message of a request. A message that comes in one piece is a view of it, not a copy. */
export class MessageReader {
  readonly #maxMessageSize: number;
  readonly #budget: BufferBudget;
  #message: Buffer | undefined;
  #pieces: MessageBuffer | undefined;

  constructor(maxMessageSize: number, budget: BufferBudget) {
    this.#maxMessageSize = maxMessageSize;
    this.#budget = budget;
  }

  /** @returns what is wrong, if anything is; then nothing more may be pushed */
  push(chunk: Buffer): CallFailure | undefined {
    if (chunk.length === 0) return undefined;
    if (this.#message !== undefined) return several;
    if (this.#pieces !== undefined) return this.#collect(this.#pieces, chunk);
    const failure = this.#read(chunk);
    if (failure !== undefined || this.#message !== undefined) return failure;
    this.#pieces = new MessageBuffer(this.#budget);
    return this.#pieces.append(chunk) ? undefined : noRoom;
  }

  /** The message of a request that has ended. */
  end(): Result<Buffer, CallFailure> {
    if (this.#message !== undefined) return ok(this.#message);
    return fail(this.#pieces === undefined ? none : truncated);
  }

  /** Gives memory back that the message under way holds. */
  release(): void {
    this.#pieces?.release();
    this.#pieces = undefined;
  }

  #collect(pieces: MessageBuffer, chunk: Buffer): CallFailure | undefined {
    if (!pieces.append(chunk)) return noRoom;
    return this.#read(pieces.bytes);
  }

  /** Takes the message out of `bytes` as soon as it is whole. */
  #read(bytes: Buffer): CallFailure | undefined {
    const flag = bytes[0] as number;
    if (flag !== 0) return flag === 1 ? compressed : malformed;
    if (bytes.length < prefixLength) return undefined;
    const length = bytes.readUInt32BE(1);
    if (length > this.#maxMessageSize) return tooLarge;
    if (bytes.length > prefixLength + length) return several;
    if (bytes.length === prefixLength + length) this.#message = bytes.subarray(prefixLength);
    return undefined;
  }
}
