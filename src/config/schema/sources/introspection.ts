import { z } from 'zod';
import { file, positiveDuration } from '../forms.js';
import { claimPaths, serviceUrl } from './jwt.js';
import { breaker } from './redis.js';
import { lookUpCache } from './redis-session.js';

export const introspection = z.strictObject({
  kind: z
    .literal('introspection')
    .describe('Opaque bearer tokens that an authorization server is asked about (RFC 7662).'),
  url: serviceUrl.describe('Introspection endpoint of the authorization server.'),
  client_id: z.string().min(1).describe('Our name there.'),
  client_secret_file: file.describe('File that holds our secret there; a line break at its end does not count.'),
  issuer: z.string().min(1).optional().describe('What `iss` of the answer must be. Without it, anything.'),
  audience: z
    .array(z.string().min(1))
    .default([])
    .describe(
      '`aud` of the answer must hold one of these. Empty: every token of that server is taken, also one for others.',
    ),
  claims: claimPaths.prefault({}).describe('Where in the answer each member of the identity stands.'),
  timeout: positiveDuration
    .prefault('100ms')
    .describe('How long an answer may take, within `engine.timeout`; a later one is an outage.'),
  breaker: breaker
    .prefault({})
    .describe('Spares a server that does not answer, and the checks that would wait for it.'),
  cache: lookUpCache.prefault({}).describe('Tokens that are active, kept for a moment.'),
});
