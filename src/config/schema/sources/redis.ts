import { z } from 'zod';
import { parseRedisNode, redisNodeHint } from '../../redis-node.js';
import { file, parsed, positiveDuration } from '../forms.js';

const node = parsed(/^(unix:\/\/\/\S+|\S+:[0-9]{1,5})$/, redisNodeHint, parseRedisNode);

const tls = z.strictObject({
  ca: file.optional().describe('Certificate authorities, PEM. Without it, those that Node knows.'),
  cert: file.optional().describe('Our own certificate, PEM, for a Redis that asks for one.'),
  key: file.optional().describe('The key of that certificate, PEM.'),
  server_name: z.string().min(1).optional().describe('Name that the certificate must hold, if it is not the host.'),
});

export const breaker = z.strictObject({
  failures: z.int().min(1).default(5).describe('After so many failures in a row nobody is asked for a while.'),
  pause: positiveDuration.prefault('500ms').describe('How long; then one look-up tries again.'),
});

export const redis = z.strictObject({
  mode: z
    .enum(['single', 'sentinel', 'cluster'])
    .default('single')
    .describe('`sentinel`: the nodes are Sentinels; `cluster`: some nodes of a cluster. Only primaries are asked.'),
  nodes: z
    .array(node)
    .min(1, 'at least one node')
    .default(['127.0.0.1:6379'])
    .describe('`host:port`; with mode single exactly one, which may be `unix:///path/to/socket`.'),
  sentinel_name: z.string().min(1).optional().describe('With mode sentinel: the name of the primary that is watched.'),
  database: z.int().min(0).max(1_000_000).default(0).describe('Number of the database; a cluster has only 0.'),
  username: z.string().min(1).optional().describe('ACL user.'),
  password_file: file.optional().describe('File that holds the password; a line break at its end does not count.'),
  tls: tls.optional().describe('TLS to Redis; `{}` for TLS with defaults. Without it, plain text.'),
  connections: z
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe('Connections for look-ups (with mode cluster: one to each node).'),
  timeout: positiveDuration
    .prefault('50ms')
    .describe('How long a look-up may take; a later one is an outage, which Envoy is told as UNAVAILABLE.'),
  connect_timeout: positiveDuration.prefault('1s').describe('How long connecting may take.'),
  breaker: breaker.prefault({}).describe('Spares a Redis that does not answer, and the checks that would wait for it.'),
});
