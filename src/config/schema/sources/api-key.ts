import { z } from 'zod';
import { file, headerName } from '../forms.js';
import { redis } from './redis.js';
import { lookUpCache } from './redis-session.js';

export const apiKey = z.strictObject({
  kind: z.literal('api-key').describe('API keys in a header of their own; hashed in a file or in Redis.'),
  header: headerName.default('x-api-key').describe('Header that carries the key.'),
  file: file.optional().describe('YAML file of hashed keys, in the form of a token file; or `redis` and `keys`.'),
  keys: file.optional().describe('With `redis`: YAML file of the HMAC keys, as docs/session-format.md has it.'),
  redis: redis.optional().describe('Where the keys are, under `apikey:` names: see docs/identity.md.'),
  cache: lookUpCache.prefault({}).describe('With `redis`: what was found, kept for a moment.'),
});
