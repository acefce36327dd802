import { z } from 'zod';

const millisecondsPer = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const bytesPer = { B: 1, KiB: 1024, MiB: 1024 ** 2 } as const;

/** `150ms`, `2s`, `1m`, `1h`; becomes milliseconds. */
export const duration = z
  .string()
  .regex(/^\d{1,9}(ms|s|m|h)$/, 'a duration such as 150ms, 2s or 1m')
  .transform((text) => {
    const [, count, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) as unknown as [string, string, keyof typeof millisecondsPer];
    return Number(count) * millisecondsPer[unit];
  });

/** `65536B`, `64KiB`, `4MiB`; becomes bytes. */
export const byteSize = z
  .string()
  .regex(/^\d{1,9}(B|KiB|MiB)$/, 'a size such as 64KiB or 4MiB')
  .transform((text) => {
    const [, count, unit] = /^(\d+)(B|KiB|MiB)$/.exec(text) as unknown as [string, string, keyof typeof bytesPer];
    return Number(count) * bytesPer[unit];
  });
