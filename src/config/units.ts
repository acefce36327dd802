import { z } from 'zod';

const millisecondsPer = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
const bytesPer = { MiB: 1024 ** 2, KiB: 1024, B: 1 } as const;

const durationHint = 'a duration such as 150ms, 2s or 1m';
const sizeHint = 'a size such as 64KiB or 4MiB';

/** `150ms`, `2s`, `1m`, `1h`; becomes milliseconds. A timer of Node ends at once beyond 24.8 days, hence the limit. */
export const duration = z
  .string(durationHint)
  .regex(/^\d{1,9}(ms|s|m|h)$/, durationHint)
  .meta({ 'x-form': 'duration' })
  .transform((text) => scale(text, millisecondsPer))
  .refine((milliseconds) => milliseconds <= 24 * millisecondsPer.h, 'at most 24h');

/** `65536B`, `64KiB`, `4MiB`; becomes bytes. */
export const byteSize = z
  .string(sizeHint)
  .regex(/^\d{1,9}(B|KiB|MiB)$/, sizeHint)
  .meta({ 'x-form': 'size' })
  .transform((text) => scale(text, bytesPer))
  .refine((bytes) => bytes <= 1024 * bytesPer.MiB, 'at most 1024MiB');

/** Milliseconds as a duration that {@link duration} reads back to the same number. */
export function formatDuration(milliseconds: number): string {
  return inLargestUnit(milliseconds, millisecondsPer, 'ms');
}

/** Bytes as a size that {@link byteSize} reads back to the same number. */
export function formatByteSize(bytes: number): string {
  return inLargestUnit(bytes, bytesPer, 'B');
}

type Units = Readonly<Record<string, number>>;

function scale(text: string, units: Units): number {
  const digits = /^\d+/.exec(text)?.[0] ?? '';
  return Number(digits) * (units[text.slice(digits.length)] ?? Number.NaN);
}

function inLargestUnit(amount: number, units: Units, smallest: string): string {
  for (const [unit, size] of Object.entries(units)) {
    if (amount > 0 && amount % size === 0) return `${amount / size}${unit}`;
  }
  return `${amount}${smallest}`;
}
