import { z } from 'zod';
import { duration } from '../../units.js';
import { file } from '../forms.js';
import { redis } from './redis.js';

export const cookieName = z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, 'the name of a cookie');

/** Revocation must be over within a second even when its message is lost. */
export const lookUpCache = z.strictObject({
  ttl: duration
    .refine((milliseconds) => milliseconds <= 1000, 'at most 1s')
    .prefault('500ms')
    .describe(
      'How long an answer is kept; `0ms` for not at all. Revocation ends it at once, or when its message is lost, after this.',
    ),
  max_entries: z.int().min(1).default(10_000).describe('Answers that are kept; the oldest goes first.'),
});

export const redisSession = z.strictObject({
  kind: z.literal('redis-session').describe('Sessions in Redis, as docs/session-format.md has them.'),
  cookie: cookieName.optional().describe('Cookie that may carry the token too, besides `Authorization: Bearer`.'),
  keys: file.describe('YAML file of the HMAC keys: see docs/session-format.md.'),
  redis: redis.prefault({}).describe('Where the sessions are.'),
  cache: lookUpCache.prefault({}).describe('What was found, kept for a moment.'),
});
