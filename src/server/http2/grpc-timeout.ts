import { fail, ok, type Result } from '../../errors/result.js';

const millisecondsPer: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Reads a `grpc-timeout` header, up to eight digits and a unit, as milliseconds. */
export function parseGrpcTimeout(text: string): Result<number> {
  const unit = millisecondsPer[text.slice(-1)];
  if (unit === undefined || !/^\d{1,8}.$/.test(text)) return fail('malformed grpc-timeout');
  return ok(Number(text.slice(0, -1)) * unit);
}
