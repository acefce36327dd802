import { z } from 'zod';
import { byteSize } from '../units.js';
import { file, listenAddress, positiveDuration } from './forms.js';

const tls = z.strictObject({
  cert: file.describe('Certificate chain, PEM. Read again when it changes.'),
  key: file.describe('Private key, PEM. Read again when it changes.'),
  client_ca: file
    .optional()
    .describe('Certificate authorities of clients, PEM. With it, Envoy must present a certificate (mutual TLS).'),
});

export const grpc = z.strictObject({
  address: listenAddress
    .default('127.0.0.1:9191')
    .describe('Where Envoy asks: `host:port`, or `unix:///path/to/socket`.'),
  mode: z
    .string()
    .regex(/^0?[0-7]{3}$/, 'an octal file mode such as 0660')
    .default('0660')
    .describe('File mode of the Unix socket.'),
  tls: tls.optional().describe('TLS for the gRPC listener. Without it, plain text.'),
  max_message_size: byteSize
    .refine((bytes) => bytes >= 1024, 'at least 1KiB')
    .prefault('4MiB')
    .describe('The largest CheckRequest that is read.'),
  max_concurrent_checks: z
    .int()
    .min(1)
    .default(1024)
    .describe('Checks in flight; one more is answered RESOURCE_EXHAUSTED at once.'),
  max_concurrent_streams: z.int().min(1).default(1024).describe('HTTP/2 streams per connection.'),
  max_connection_age: positiveDuration
    .optional()
    .describe(
      'A connection is told to go away at this age, more or less a tenth. Each time races with a check under way: only with a retry policy in Envoy, and not below 10m. Without it, never.',
    ),
  max_connection_idle: positiveDuration
    .optional()
    .describe(
      "A connection without a check for this long, at most twice as long, is told to go away. Longer than Envoy's own idle timeout (1h). Without it, never.",
    ),
  keepalive_time: positiveDuration
    .prefault('1m')
    .describe('How often a connection is asked for a sign of life, so that peers that vanished are noticed.'),
  keepalive_timeout: positiveDuration.prefault('20s').describe('How long that sign of life may take.'),
  server: z
    .enum(['http2', 'grpc-js'])
    .default('http2')
    .describe(
      "What speaks gRPC: the lean server on Node's own HTTP/2, or the library grpc-js. Both answer alike; see docs/decisions/0005-lean-grpc-server.md.",
    ),
  reflection: z.boolean().default(false).describe('Serve gRPC reflection, which only grpc-js can: it then serves.'),
});
