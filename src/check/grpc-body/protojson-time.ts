import { type ProtoMessage, valueAt } from './protobuf-message.js';
import { MessageFault } from './protobuf-rules.js';

/** From 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z. */
const timestampRange = { from: -62_135_596_800, to: 253_402_300_799 };
const longestDuration = 315_576_000_000;
const nanosPerSecond = 1_000_000_000;

/** RFC 3339 in UTC with 0, 3, 6 or 9 digits behind the second. */
export function writeTimestamp(message: ProtoMessage): string {
  const { seconds, nanos } = parts(message);
  if (seconds < timestampRange.from || seconds > timestampRange.to || nanos < 0 || nanos >= nanosPerSecond) {
    throw outOfRange(message);
  }
  return `${new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length)}${fraction(nanos)}Z`;
}

/** Seconds with 0, 3, 6 or 9 digits behind the point, then `s`. */
export function writeDuration(message: ProtoMessage): string {
  const { seconds, nanos } = parts(message);
  if (Math.abs(seconds) > longestDuration || Math.abs(nanos) >= nanosPerSecond || seconds * nanos < 0) {
    throw outOfRange(message);
  }
  const sign = seconds < 0 || nanos < 0 ? '-' : '';
  return `${sign}${Math.abs(seconds)}${fraction(Math.abs(nanos))}s`;
}

function parts(message: ProtoMessage): { readonly seconds: number; readonly nanos: number } {
  // Rounding beyond 2^53 does not bring a value into either range.
  return { seconds: Number(valueAt(message, 1) ?? 0), nanos: Number(valueAt(message, 2) ?? 0) };
}

function fraction(nanos: number): string {
  return `.${String(nanos).padStart(9, '0')}`.replace(/(?:000){1,3}$/, '').replace(/\.$/, '');
}

function outOfRange(message: ProtoMessage): MessageFault {
  return new MessageFault('body_invalid', `${message.type.typeName} is out of range`);
}
