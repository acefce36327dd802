import { z } from 'zod';
import { file, positiveDuration, tcpAddress } from '../../../src/config/schema/forms.js';
import { byteSize, duration } from '../../../src/config/units.js';

const count = (least: number, most: number) => z.int().min(least).max(most);

const server = z.strictObject({
  address: tcpAddress
    .default('127.0.0.1:8082')
    .describe('Where the service listens. Limits need the address of who connects, so it is no Unix socket.'),
  trusted_proxies: z
    .array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], 'an address or a network such as 10.0.0.0/8'))
    .default([])
    .describe('Whose `X-Forwarded-For` is believed: the addresses of the gateway. Limits count by what it says.'),
  docs: z.boolean().default(true).describe('Serve the API description at `/docs`.'),
});

const databaseUrl = z.string().regex(/^postgres(ql)?:\/\/([^:@/]+@)?[^@/:]+(:\d{1,5})?\/[^/?#]+$/, {
  error: 'a URL such as postgresql://user@host:5432/name, without a password and without parameters',
});

const database = z.strictObject({
  url: databaseUrl.default('postgresql://auth@127.0.0.1:5432/auth').describe('Where Postgres is; no password in it.'),
  password_file: file.optional().describe('File of the password; read for each connection, so that it can be rotated.'),
  ca_file: file.optional().describe('Certificate authority of Postgres; with it, connections are TLS and verified.'),
  cert_file: file.optional().describe('Our own certificate, for a Postgres that asks for one.'),
  key_file: file.optional().describe('The key of that certificate.'),
  pool: count(1, 1000).default(10).describe('Connections at most.'),
  timeout: positiveDuration.prefault('2s').describe('Longest wait for a connection, and longest statement.'),
});

const redisUrl = z.string().regex(/^rediss?:\/\/([^:@/]+@)?[^@/:]+(:\d{1,5})?(\/\d{1,3})?$/, {
  error: 'a URL such as redis://host:6379/0 or rediss://user@host:6379, without a password',
});

const redis = z.strictObject({
  url: redisUrl.default('redis://127.0.0.1:6379/0').describe('Where sessions and counters are; `rediss` for TLS.'),
  password_file: file.optional().describe('File of the password.'),
  ca_file: file.optional().describe('Certificate authority of Redis, for `rediss`; otherwise those that Node knows.'),
  cert_file: file
    .optional()
    .describe('Our own certificate, for a Redis that asks for one, as it does unless told not to.'),
  key_file: file.optional().describe('The key of that certificate.'),
  timeout: positiveDuration.prefault('500ms').describe('Longest wait for a connection, and for an answer.'),
});

const session = z.strictObject({
  keys_file: file.describe('YAML file of the HMAC keys: the first writes, all read. Read again on SIGHUP.'),
  lifetime: duration
    .refine((milliseconds) => milliseconds >= 1000, 'at least 1s')
    .prefault('10m')
    .describe('How long a token is valid.'),
  renewal: z
    .enum(['off', 'on_request'])
    .default('off')
    .describe('`on_request`: `POST /accounts/token/renew` gives a valid token another lifetime.'),
  longest: positiveDuration.prefault('12h').describe('From login on, however often the token is renewed.'),
  per_account: count(1, 1000).default(20).describe('Sessions of one account at once; one more ends the oldest.'),
});

const password = z.strictObject({
  min_length: count(8, 128).default(12).describe('Characters at least.'),
  memory: byteSize
    .refine((bytes) => bytes >= 8 * 1024, 'at least 8KiB')
    .prefault('19MiB')
    .describe('Memory of one Argon2id computation.'),
  passes: count(1, 100).default(2).describe('Passes of Argon2id over the memory.'),
  lanes: count(1, 16).default(1).describe('Lanes of Argon2id.'),
  at_once: count(1, 64).default(2).describe('Computations at once; each takes `memory` and a processor.'),
  waiting: count(0, 10_000).default(64).describe('Computations that may wait; beyond that, 503.'),
});

const limits = z.strictObject({
  address_attempts: count(1, 1_000_000).default(60).describe('Logins that one address may try in `address_window`.'),
  address_window: positiveDuration.prefault('1m').describe('See `address_attempts`.'),
  account_attempts: count(1, 1000).default(10).describe('Wrong passwords in `account_window` that lock an account.'),
  account_window: positiveDuration.prefault('15m').describe('See `account_attempts`; the lock ends with it.'),
  registrations: count(1, 1_000_000).default(20).describe('Registrations that one address may try in an hour.'),
});

const cors = z.strictObject({
  origins: z
    .array(z.string().regex(/^(\*|https?:\/\/[^/?#\s*]+)$/, 'an origin such as https://app.example.com, or *'))
    .default([])
    .describe('Origins whose pages may call the service directly. Behind Envoy, its `cors` filter answers instead.'),
  credentials: z.boolean().default(false).describe('Whether pages may send cookies; impossible with the origin `*`.'),
  max_age: duration.prefault('10m').describe('How long a browser may keep the answer to a preflight.'),
});

const accounts = z.strictObject({
  registration: z.enum(['open', 'closed']).default('open').describe('Whether anyone may register.'),
  admin_role: z
    .string()
    .regex(/^[A-Za-z0-9_.:-]{1,64}$/, 'a role name')
    .default('ADMIN_ROLE')
    .describe('The role that may read and change other accounts.'),
});

const shutdown = z.strictObject({
  quiet_period: duration.prefault('0ms').describe('How long `/readyz` says 503 before connections are refused.'),
  drain_timeout: positiveDuration.prefault('10s').describe('How long requests may take to end.'),
});

const log = z.strictObject({
  level: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'])
    .default('info')
    .describe('The log, on standard error. The audit log, on standard output, has no level.'),
});

/** The one description of the configuration of the authentication service. */
export const configSchema = z
  .strictObject({
    server: server.prefault({}).describe('The listener.'),
    database: database.prefault({}).describe('Accounts.'),
    redis: redis.prefault({}).describe('Sessions.'),
    session: session.describe('Tokens.'),
    password: password.prefault({}).describe('How passwords are kept.'),
    limits: limits.prefault({}).describe('Against guessing.'),
    cors: cors.prefault({}).describe('Pages of other origins.'),
    accounts: accounts.prefault({}).describe('Who may have an account.'),
    shutdown: shutdown.prefault({}).describe('What happens on SIGTERM.'),
    log: log.prefault({}).describe('The log.'),
  })
  .superRefine(({ cors, session, database, redis }, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (cors.credentials && cors.origins.includes('*')) {
      refuse(['cors', 'origins'], 'named origins: with cors.credentials, * would let any page act for the user');
    }
    if (session.longest < session.lifetime) refuse(['session', 'longest'], 'at least session.lifetime');
    for (const name of ['ca_file', 'cert_file', 'key_file'] as const) {
      if (redis[name] !== undefined && !redis.url.startsWith('rediss:')) {
        refuse(['redis', name], 'a redis.url that begins with rediss:');
      }
    }
    for (const [section, { cert_file, key_file }] of Object.entries({ database, redis })) {
      if (cert_file !== undefined && key_file === undefined)
        refuse([section, 'cert_file'], `${section}.key_file with it`);
      if (key_file !== undefined && cert_file === undefined)
        refuse([section, 'key_file'], `${section}.cert_file with it`);
    }
    if (database.cert_file !== undefined && database.ca_file === undefined) {
      refuse(['database', 'cert_file'], 'database.ca_file with it: there is no TLS without');
    }
  });

/** With all defaults; durations in milliseconds, sizes in bytes. */
export type Config = z.infer<typeof configSchema>;
