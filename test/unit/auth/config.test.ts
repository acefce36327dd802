import { expect, test } from 'vitest';
import { loadConfig } from '../../../examples/auth/config/load.js';
import { formatProblems } from '../../../src/config/problem.js';

const keys = { AUTH_SESSION_KEYS_FILE: '/keys.yaml' };
const load = (env: Record<string, string>) => loadConfig(undefined, { ...keys, ...env });

async function problemsOf(env: Record<string, string>): Promise<string> {
  const loaded = await load(env);
  if (loaded.ok) throw new Error('it is valid');
  return formatProblems(loaded.error);
}

test('D-23 a token is valid for ten minutes unless told otherwise', async () => {
  const loaded = await load({});
  expect(loaded.ok && loaded.value.session).toMatchObject({ lifetime: 600_000, renewal: 'off' });
});

test.each(['postgresql://auth@db:5432/auth', 'postgres://auth@db/auth'])('D-34 takes %s', async (url) => {
  expect(await load({ AUTH_DATABASE_URL: url })).toMatchObject({ ok: true, value: { database: { url } } });
});

test.each([
  ['a password', 'postgresql://auth:hunter2@db/auth'],
  ['parameters, which could turn off TLS', 'postgresql://auth@db/auth?sslmode=disable'],
  ['another scheme', 'mysql://auth@db/auth'],
  ['no database', 'postgresql://auth@db'],
])('D-34 refuses a database URL with %s, without repeating it', async (_what, url) => {
  const problems = await problemsOf({ AUTH_DATABASE_URL: url });
  expect(problems).toContain('AUTH_DATABASE_URL database.url: wrong value');
  expect(problems).not.toContain('hunter2');
});

test.each([
  [{ AUTH_REDIS_CA_FILE: '/ca.pem' }, 'redis.ca_file: wrong value; expected a redis.url that begins with rediss:'],
  [{ AUTH_REDIS_CERT_FILE: '/c.pem', AUTH_REDIS_KEY_FILE: '/k.pem' }, 'a redis.url that begins with rediss:'],
  [{ AUTH_REDIS_URL: 'rediss://db', AUTH_REDIS_CERT_FILE: '/c.pem' }, 'redis.key_file with it'],
  [{ AUTH_DATABASE_KEY_FILE: '/k.pem' }, 'database.cert_file with it'],
  [{ AUTH_DATABASE_CERT_FILE: '/c.pem', AUTH_DATABASE_KEY_FILE: '/k.pem' }, 'database.ca_file with it'],
])('D-34 refuses %j, with which there would be no TLS or no certificate', async (env, problem) => {
  expect(await problemsOf(env)).toContain(problem);
});

test('D-40 refuses * with credentials', async () => {
  expect(await problemsOf({ AUTH_CORS_ORIGINS: '["*"]', AUTH_CORS_CREDENTIALS: 'true' })).toContain('named origins');
  expect(await load({ AUTH_CORS_ORIGINS: '["*"]' })).toMatchObject({ ok: true });
});

test.each(['https://app.example.com/', 'app.example.com', 'https://*.example.com', 'null'])(
  'D-40 refuses %s, which is no origin',
  async (origin) => {
    expect(await problemsOf({ AUTH_CORS_ORIGINS: JSON.stringify([origin]) })).toContain('an origin such as');
  },
);

test('D-23 refuses a longest session that is shorter than one lifetime', async () => {
  expect(await problemsOf({ AUTH_SESSION_LONGEST: '1m' })).toContain('at least session.lifetime');
});

test('a Service of Kubernetes that is named auth… is no setting', async () => {
  const links = {
    AUTH_DB_SERVICE_HOST: '10.0.0.1',
    AUTH_API_PORT_80_TCP: 'tcp://10.0.0.2:80',
    AUTH_PORT: 'tcp://10.0.0.3',
  };
  expect(await load(links)).toMatchObject({ ok: true });
});
