import { z } from 'zod';
import { byteSize } from '../units.js';
import { addressRange, file, headerName, listenAddress, positiveDuration } from './forms.js';

export const gatewayPresets = ['nginx', 'traefik', 'caddy', 'haproxy', 'envoy-http', 'kong', 'aws'] as const;

const tls = z.strictObject({
  cert: file.describe('Certificate chain, PEM. Read again when it changes.'),
  key: file.describe('Private key, PEM. Read again when it changes.'),
  client_ca: file
    .optional()
    .describe(
      'Certificate authorities of gateways, PEM. With it, the gateway must present a certificate (mutual TLS).',
    ),
});

export const http = z.strictObject({
  preset: z
    .enum(gatewayPresets)
    .describe('The gateway that asks: how it passes on the request, and what it can do with the answer.'),
  address: listenAddress
    .default('127.0.0.1:9292')
    .describe('Where the gateway asks: `host:port`, or `unix:///path/to/socket`.'),
  mode: z
    .string()
    .regex(/^0?[0-7]{3}$/, 'an octal file mode such as 0660')
    .default('0660')
    .describe('File mode of the Unix socket.'),
  tls: tls.optional().describe('TLS for the HTTP front. Without it, plain text.'),
  trusted_peers: z
    .array(addressRange)
    .min(1, 'at least one range: nobody could ask')
    .default(['127.0.0.0/8', '::1/128'])
    .describe('Addresses of gateways, such as `10.1.2.0/24`. Whoever else connects is refused and not believed.'),
  backend_headers: z
    .array(headerName)
    .default(['x-user', 'x-user-roles'])
    .describe(
      "Headers that the gateway's configuration takes from an allow to the backend, and removes from the request when the allow has none.",
    ),
  client_headers: z
    .array(headerName)
    .default([])
    .describe("Headers that the gateway's configuration takes from an allow to the client."),
  unsupported_changes: z
    .enum(['refuse', 'drop'])
    .default('refuse')
    .describe(
      'An allow asks for a change that the gateway cannot make: `refuse` the request with 500, or `drop` that change.',
    ),
  odd_header_names: z
    .enum(['refuse', 'pass'])
    .default('refuse')
    .describe(
      'A header name with anything but letters, digits and hyphens, which backends take for another name (`x_user` for `x-user`): `refuse` the request with 400, or `pass` it.',
    ),
  max_header_size: byteSize
    .refine((bytes) => bytes >= 4096, 'at least 4KiB')
    .prefault('64KiB')
    .describe('The largest header section that is read; a larger one is answered 431.'),
  max_body_size: byteSize
    .prefault('1MiB')
    .describe('With preset envoy-http: the largest request body that is read; a larger one is answered 413.'),
  max_concurrent_checks: z
    .int()
    .min(1)
    .default(1024)
    .describe('Checks in flight on this front; one more is answered 503 at once.'),
  max_connections: z.int().min(1).default(1024).describe('Connections beyond this are closed at once.'),
  request_timeout: positiveDuration.prefault('10s').describe('How long a gateway may take to send a whole request.'),
  idle_timeout: positiveDuration
    .prefault('75s')
    .describe('A connection without a request for this long is closed. Longer than the gateway keeps one.'),
});
