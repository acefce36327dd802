import { lengthTag } from '../../envoy/wire-format.js';
import { WireReader } from '../../envoy/wire-reader.js';
import { fail, ok, type Result } from '../../errors/result.js';

/** The values of `HealthCheckResponse.ServingStatus`. */
export const servingStatus = { SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } as const;

export type ServingStatus = keyof typeof servingStatus;

const service = lengthTag(1);

/** The service that a HealthCheckRequest asks for; empty for the whole server. */
export function readHealthCheckRequest(bytes: Buffer): Result<string> {
  try {
    const reader = new WireReader(bytes);
    let name = '';
    while (reader.more()) {
      const tag = reader.tag();
      if (tag === service) name = reader.string();
      else reader.skip(tag);
    }
    return ok(name);
  } catch {
    return fail('malformed HealthCheckRequest');
  }
}

export function writeHealthCheckResponse(status: ServingStatus): Buffer {
  return Buffer.of(0x08, servingStatus[status]);
}

/** A HealthListResponse in which each of `services` has the same status. */
export function writeHealthListResponse(services: readonly string[], status: ServingStatus): Buffer {
  const response = field(2, writeHealthCheckResponse(status));
  return Buffer.concat(services.map((name) => field(1, Buffer.concat([field(1, Buffer.from(name)), response]))));
}

/** A field of fewer than 128 bytes. */
function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(lengthTag(number), content.length), content]);
}
