import { z } from 'zod';
import type { Result } from '../errors/result.js';
import { listenAddressHint, parseListenAddress, parseTcpAddress, tcpAddressHint } from './address.js';
import { opaUrlHint, parseOpaUrl } from './opa-url.js';
import { byteSize, duration } from './units.js';

const file = z
  .string('the name of a file')
  .regex(/^[^\0\r\n]+$/, 'the name of a file')
  .meta({ 'x-form': 'file' });

const headerName = z.string().regex(/^[!#$%&'*+\-.^_`|~0-9a-z]+$/, 'a header name in lower case');

/** Text of the given pattern that a parser accepts too; what the parser says is the error. */
function parsed(pattern: RegExp, hint: string, parse: (text: string) => Result<unknown>) {
  return z
    .string()
    .regex(pattern, { error: hint, abort: true })
    .superRefine((text, context) => {
      const result = parse(text);
      if (!result.ok) context.addIssue({ code: 'custom', message: result.error });
    });
}

const tcpPattern = /^(\[[0-9A-Fa-f:.]+\]|[^:/[\]\s]+):[0-9]{1,5}$/;
const tcpAddress = parsed(tcpPattern, tcpAddressHint, parseTcpAddress);
const listenAddress = parsed(new RegExp(`^unix:///.+$|${tcpPattern.source}`), listenAddressHint, parseListenAddress);

const tls = z.strictObject({
  cert: file.describe('Certificate chain, PEM. Read again when it changes.'),
  key: file.describe('Private key, PEM. Read again when it changes.'),
  client_ca: file
    .optional()
    .describe('Certificate authorities of clients, PEM. With it, Envoy must present a certificate (mutual TLS).'),
});

const positiveDuration = duration.refine((milliseconds) => milliseconds > 0, 'a duration longer than 0');

const grpc = z.strictObject({
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
    .default('grpc-js')
    .describe(
      "What speaks gRPC: the lean server on Node's own HTTP/2, or the library grpc-js. Both answer alike; see docs/decisions/0005-lean-grpc-server.md.",
    ),
  reflection: z.boolean().default(false).describe('Serve gRPC reflection, which only grpc-js can: it then serves.'),
});

const admin = z.strictObject({
  address: tcpAddress
    .default('127.0.0.1:9090')
    .describe('Where /livez, /readyz, /metrics and /status are served: `host:port`.'),
});

const decisionPath = z.strictObject({
  path: z
    .string()
    .regex(/^[^/]+(\/[^/]+)*$/, 'a rule path such as envoy/authz/allow')
    .describe('The rule that is asked, as a path below `data`.'),
  shape: z
    .enum(['envoy', 'http-api'])
    .default('envoy')
    .describe(
      'The input it expects: that of opa-envoy-plugin, or `method`, `path`, `query`, `headers`, `user`, `roles`.',
    ),
});

const engine = z.strictObject({
  kind: z
    .enum(['wasm', 'opa'])
    .default('wasm')
    .describe('`wasm` evaluates the bundle inside Portcullis; `opa` asks an OPA server.'),
  paths: z
    .array(decisionPath)
    .min(1)
    .default([{ path: 'envoy/authz/allow', shape: 'envoy' }])
    .describe(
      'Decision paths. The first is the default; the context extension `portcullis.path` may choose another of them.',
    ),
  wasm: z
    .strictObject({
      bundle: file
        .optional()
        .describe(
          'OPA bundle with a WebAssembly module: a `.tar.gz` or a folder. Without it, the sample policy that comes with Portcullis.',
        ),
      verification: z
        .strictObject({
          key: file.describe('PEM public key or, for the HS algorithms, the secret; read again when the bundle is.'),
          algorithm: z
            .enum([
              'HS256',
              'HS384',
              'HS512',
              'RS256',
              'RS384',
              'RS512',
              'PS256',
              'PS384',
              'PS512',
              'ES256',
              'ES384',
              'ES512',
            ])
            .default('RS256')
            .describe('The only algorithm that is accepted.'),
          scope: z.string().default('').describe('The scope that the signature must be made for.'),
        })
        .optional()
        .describe(
          'With it, the bundle must carry a signature in the format of OPA that fits the key: see docs/bundles.md.',
        ),
      env: z
        .array(z.string().min(1))
        .default([])
        .describe('Environment variables that `opa.runtime().env` shows to the policy. No others are shown.'),
    })
    .prefault({})
    .describe('The embedded engine.'),
  opa: z
    .strictObject({
      url: parsed(/^(https?:\/\/|unix:\/\/\/)/, opaUrlHint, parseOpaUrl)
        .default('http://127.0.0.1:8181')
        .describe('OPA: `http://host:port`, `https://host:port` or `unix:///path/to/socket`.'),
      token: z
        .strictObject({ file: file.describe('The file that holds it; read again on SIGHUP.') })
        .optional()
        .describe('The bearer token for OPA.'),
      tls: z
        .strictObject({
          ca: file.optional().describe('Certificate authorities of OPA, PEM.'),
          cert: file.optional().describe('Client certificate, PEM.'),
          key: file.optional().describe('Client key, PEM.'),
        })
        .optional()
        .describe('TLS towards an `https` OPA.'),
      connections: z.int().min(1).max(1024).default(32).describe('Connections kept to OPA.'),
      bundle: file
        .optional()
        .describe(
          'The bundle that OPA serves, with a `plan.json` in it; read again on SIGHUP. It tells what the policy reads, for `engine.cache` and `engine.opa.batch`: see docs/cache.md.',
        ),
      batch: z
        .strictObject({
          max_size: z
            .int()
            .min(1)
            .max(256)
            .default(1)
            .describe('Checks that are asked in one request at most when they queue up; 1 asks each on its own.'),
          in_flight: z
            .int()
            .min(1)
            .max(64)
            .default(2)
            .describe('Requests under way before further checks queue up for the next batch.'),
        })
        .prefault({})
        .describe('Several checks in one request to OPA: see docs/cache.md.'),
    })
    .prefault({})
    .describe('The OPA server.'),
  cache: z
    .strictObject({
      enabled: z
        .boolean()
        .default(false)
        .describe('Give a result again while nothing that the policy reads has changed: see docs/cache.md.'),
      max_entries: z.int().min(1).max(1_000_000).default(10_000).describe('Results kept at most.'),
      max_size: byteSize.prefault('16MiB').describe('What they may take in memory together, about.'),
      max_age: duration
        .refine((milliseconds) => milliseconds > 0, 'a duration longer than 0')
        .prefault('5s')
        .describe(
          'How long a result may be given again. `cache_max_age` of a decision and `expires_at` of an identity shorten it.',
        ),
    })
    .prefault({})
    .describe('The decision cache.'),
  timeout: positiveDuration
    .prefault('150ms')
    .describe(
      "How long the engine may take. The smaller of this and what Envoy's `grpc-timeout` leaves is the deadline.",
    ),
});

const input = z.strictObject({
  ambiguous_host: z
    .enum(['refuse', 'pass'])
    .default('refuse')
    .describe(
      'A host that readers take for different ones (two at once, with a user name, with escapes): `refuse` the request with 400, or `pass` it to the policy as opa-envoy-plugin does.',
    ),
  incomplete: z
    .enum(['refuse', 'pass'])
    .default('refuse')
    .describe(
      'An HTTP request without method or path, or a check with neither a request nor a connection: `refuse` it with 400, or `pass` it to the policy as opa-envoy-plugin does. The `http-api` shape refuses a missing method always.',
    ),
  leading_empty_segment: z
    .boolean()
    .default(false)
    .describe('In the `http-api` shape, keep the empty segment before the first slash: `["", "v1"]`.'),
  path_parsing: z
    .enum(['strict', 'opa-envoy-plugin'])
    .default('strict')
    .describe(
      '`strict` decodes per segment and refuses ambiguous paths with 400; `opa-envoy-plugin` decodes before splitting.',
    ),
  encoded_slashes: z
    .enum(['refuse', 'keep'])
    .default('refuse')
    .describe('With strict parsing: refuse `%2F` in a path, or keep it inside its segment.'),
  query_parsing: z
    .enum(['strict', 'lenient'])
    .default('strict')
    .describe(
      '`strict` refuses a malformed query with 400, as opa-envoy-plugin does; `lenient` leaves malformed pairs out.',
    ),
  body_parsing: z
    .enum(['strict', 'opa-envoy-plugin', 'off'])
    .default('strict')
    .describe(
      '`strict` reads the media type as RFC 9110 says and refuses malformed bodies with 400; `opa-envoy-plugin` matches it as the plugin does; `off` leaves `parsed_body` and `truncated_body` out.',
    ),
  grpc: z
    .strictObject({
      descriptors: file
        .optional()
        .describe(
          'The FileDescriptorSet by which gRPC bodies are read; read again on SIGHUP. Without it, they are `null`: see docs/grpc-bodies.md.',
        ),
      max_decompressed_size: byteSize
        .refine((bytes) => bytes >= 1024, 'at least 1KiB')
        .prefault('4MiB')
        .describe(
          'With strict parsing: the largest gRPC message after decompression; a larger one is refused with 400.',
        ),
    })
    .prefault({})
    .describe('gRPC request bodies.'),
  metadata_numbers: z
    .enum(['plain', 'exponent'])
    .default('plain')
    .describe(
      'How numbers of Envoy metadata are written: `1569026124`, or `1.569026124e+09` as opa-envoy-plugin writes them.',
    ),
  certificates: z
    .enum(['parsed', 'off'])
    .default('parsed')
    .describe(
      '`parsed` shows what stands in the certificate that Envoy sends with `include_peer_certificate` as `source_certificate`, and refuses a principal with control characters with 400; `off` does neither.',
    ),
  refusal_text: z
    .enum(['generic', 'opa-envoy-plugin'])
    .default('generic')
    .describe(
      "What the client of a refused request is told: a fixed text, or the parser's words as opa-envoy-plugin tells them.",
    ),
});

const tokenFile = z.strictObject({
  kind: z.literal('token-file').describe('Bearer tokens of the `Authorization` header.'),
  file: file.describe('YAML file of hashed bearer tokens: see docs/identity.md.'),
});

const trustedHeader = z.strictObject({
  kind: z.literal('trusted-header').describe('Headers that something in front of Portcullis vouches for.'),
  subject: headerName.optional().describe('Header that carries the user name.'),
  roles: headerName.default('x-user-roles').describe('Header that carries the roles, separated by commas.'),
  underscore_alias: z
    .boolean()
    .default(false)
    .describe(
      'Accept the roles header without `x-` and with underscores too (`user_roles` for `x-user-roles`). Both present: refused.',
    ),
});

const identity = z.strictObject({
  sources: z
    .array(z.discriminatedUnion('kind', [tokenFile, trustedHeader]))
    .default([])
    .describe('Asked in this order; the first that finds a credential decides.'),
  public_paths: z
    .array(z.string().regex(/^\/[^?#]*$/, 'a path that begins with /, without a query'))
    .default([])
    .describe(
      'Exact paths on which an invalid credential does not refuse the request; the policy sees `identity_error`.',
    ),
  realm: z
    .string()
    .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, 'printable ASCII without quotation marks and backslashes')
    .default('portcullis')
    .describe('The realm named in `WWW-Authenticate`.'),
});

/** An origin as browsers write it: scheme and host in lower case, no default port, no path. */
function isOriginOrAny(text: string): boolean {
  return text === '*' || (URL.canParse(text) && new URL(text).origin === text);
}

const decision = z.strictObject({
  undefined: z
    .enum(['deny', 'error'])
    .default('deny')
    .describe('The decision path has no value: deny 403, or answer a gRPC error as opa-envoy-plugin does.'),
  faults: z
    .enum(['deny', 'error'])
    .default('deny')
    .describe(
      'The policy failed or returned something malformed: deny 500, or answer a gRPC error, which `failure_mode_allow` turns into an allow.',
    ),
  status_table: z
    .enum(['denials', 'opa-envoy-plugin'])
    .default('denials')
    .describe(
      'Which `http_status` a denial may have, of the codes that Envoy knows: those from 400 on and redirects with a location, or those the plugin accepts.',
    ),
  redirect_origins: z
    .array(z.string().refine(isOriginOrAny, 'an origin such as https://login.example.com, or *'))
    .default([])
    .describe(
      "Origins that a redirect may lead to besides the request's own, such as `https://login.example.com`; `*` admits all.",
    ),
  mutations: z
    .enum(['refuse', 'drop'])
    .default('refuse')
    .describe(
      'A decision sets a header or query parameter that must not be passed on: `refuse` the decision as a fault, or `drop` that header alone and count it. See docs/decisions-from-policy.md.',
    ),
  plain_boolean: z
    .boolean()
    .default(false)
    .describe('Answer a boolean decision without `ok_response` and `denied_response`, as opa-envoy-plugin does.'),
  allow_alias: z.boolean().default(true).describe('Accept `allow` as another name for `allowed`.'),
  dry_run: z
    .boolean()
    .default(false)
    .describe('Let a request through that a well-formed decision denies. For rehearsal only.'),
  header_values: z
    .enum(['join', 'separate'])
    .default('join')
    .describe(
      'Several values for one header towards the backend: joined with commas, or sent one by one as opa-envoy-plugin does (Envoy keeps the last).',
    ),
  max_body_size: byteSize
    .prefault('256KiB')
    .describe('The longest body of a denial; a longer one is a fault of the policy.'),
  protected_headers: z
    .array(headerName)
    .default(['x-user', 'x-user-roles', 'user_roles'])
    .describe(
      "Identity headers that only a decision may set: the client's own, in every spelling that a backend may read as one of them (`x_user` for `x-user`), are removed from each request that is let through.",
    ),
});

const decisionLog = z.strictObject({
  enabled: z.boolean().default(false).describe('Write one JSON line for each check to standard output.'),
});

const log = z.strictObject({
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('The least severe level that is written.'),
});

const shutdown = z.strictObject({
  quiet_period: duration
    .prefault('1s')
    .describe('How long to keep serving after health says NOT_SERVING, so that Envoy looks elsewhere.'),
  drain_timeout: duration.prefault('10s').describe('How long checks in flight may take to end.'),
});

export const compatibilityModes = ['none', 'opa-envoy-plugin'] as const;

/** The one description of the configuration: types, defaults, errors, reference page and JSON Schema come from it. */
export const configSchema = z.strictObject({
  grpc: grpc.prefault({}).describe('The listener that Envoy asks.'),
  admin: admin.prefault({}).describe('Health, metrics and status, on a port of their own.'),
  engine: engine.prefault({}).describe('What evaluates the policy.'),
  input: input.prefault({}).describe('How the request becomes the input of the policy.'),
  identity: identity.prefault({}).describe('How the caller is established.'),
  decision: decision.prefault({}).describe('How the result of the policy becomes the answer.'),
  decision_log: decisionLog.prefault({}).describe('One record for each check.'),
  log: log.prefault({}).describe('Everything else that is logged.'),
  shutdown: shutdown.prefault({}).describe('What happens on SIGTERM.'),
  compatibility: z
    .enum(compatibilityModes)
    .default('none')
    .describe('`opa-envoy-plugin` is a preset of defaults; each key set by hand overrides it.'),
});

/** The configuration with all defaults, durations in milliseconds and sizes in bytes. */
export type Config = z.infer<typeof configSchema>;

/** What `compatibility: opa-envoy-plugin` puts in the place of the defaults. */
export const opaEnvoyPluginPreset = {
  input: {
    ambiguous_host: 'pass',
    incomplete: 'pass',
    path_parsing: 'opa-envoy-plugin',
    body_parsing: 'opa-envoy-plugin',
    metadata_numbers: 'exponent',
    certificates: 'off',
    refusal_text: 'opa-envoy-plugin',
  },
  decision: {
    undefined: 'error',
    faults: 'error',
    status_table: 'opa-envoy-plugin',
    plain_boolean: true,
    allow_alias: false,
    header_values: 'separate',
    redirect_origins: ['*'],
  },
} as const satisfies z.input<typeof configSchema>;
