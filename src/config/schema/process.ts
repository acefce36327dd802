import { z } from 'zod';
import { duration } from '../units.js';

export const decisionLog = z.strictObject({
  enabled: z.boolean().default(false).describe('Write one JSON line for each check to standard output.'),
});

export const log = z.strictObject({
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('The least severe level that is written.'),
});

export const shutdown = z.strictObject({
  quiet_period: duration
    .prefault('1s')
    .describe('How long to keep serving after health says NOT_SERVING, so that Envoy looks elsewhere.'),
  drain_timeout: duration.prefault('10s').describe('How long checks in flight may take to end.'),
});
