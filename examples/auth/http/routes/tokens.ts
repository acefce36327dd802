import formbody from '@fastify/formbody';
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { AccountRow } from '../../accounts/account.js';
import { foldEmail } from '../../accounts/email.js';
import type { Services } from '../../services.js';
import type { IssuedToken } from '../../sessions/sessions.js';
import { authenticate, callerOf, origin } from '../caller.js';
import { loginForm, needsToken, nothing, refused, renewal, storesAway, token } from '../forms.js';
import { Refusal } from '../refusal.js';
import { refuseUntil } from '../wait.js';

/** `POST /accounts/token` */
export function loginRoutes(services: Services): FastifyPluginAsyncZod {
  return async (app) => {
    // A form and nothing else, as OAuth 2.0 has it.
    app.removeAllContentTypeParsers();
    await app.register(formbody, { bodyLimit: 16 * 1024 });

    app.post('/accounts/token', { schema: loginSchema }, async (request) => {
      const issued = await login(services, request, request.body);
      return { access_token: issued.token, token_type: 'bearer' as const, expires_in: issued.lifetime };
    });
  };
}

/** `POST /accounts/token/renew`, `POST /accounts/logout` */
export function tokenRoutes(services: Services): FastifyPluginAsyncZod {
  const { config, sessions, audit } = services;
  return async (app) => {
    app.post('/accounts/token/renew', { onRequest: authenticate(services), schema: renewSchema }, async (request) => {
      if (config.session.renewal === 'off') throw new Refusal('renewal_off');
      const { account, session } = callerOf(request);
      const lifetime = await sessions.renew(account.id, session);
      if (lifetime === undefined) {
        throw new Refusal('credentials_invalid', { 'www-authenticate': 'Bearer error="invalid_token"' });
      }
      audit('session_renewed', { ...origin(request), account: account.id, session });
      return { expires_in: lifetime };
    });

    app.post(
      '/accounts/logout',
      { onRequest: authenticate(services), schema: logoutSchema },
      async (request, reply) => {
        const { account, session } = callerOf(request);
        await sessions.revoke(account.id, session);
        audit('session_revoked', { ...origin(request), account: account.id, session, reason: 'logout' });
        return reply.code(204).send(null);
      },
    );
  };
}

type Login = { readonly username: string; readonly password: string };

/**
 * The same steps, in the same time and with the same answer, whether there is no such account, the password is wrong
 * or the account is disabled.
 */
async function login(services: Services, request: FastifyRequest, form: Login): Promise<IssuedToken> {
  const { accounts, passwords, attempts, keys, audit } = services;
  const email = foldEmail(form.username);
  const alias = keys.aliasOf(email ?? form.username);
  const note = (reason: string, more: object = {}) =>
    audit('login_refused', { ...origin(request), email_alias: alias, reason, ...more });

  // The address first: an attempt that it refuses must not count against the account.
  refuseUntil(await attempts.ofAddress(request.ip), (retry_after) => note('address_limit', { retry_after }));
  refuseUntil(await attempts.ofAccount(alias), (retry_after) => note('account_locked', { retry_after }));

  const account = email === undefined ? undefined : await accounts.findByEmail(email);
  const matches = await passwords.matches(form.password, account?.password_hash);
  const reason = whyRefused(account, matches);
  if (account === undefined || reason !== undefined) {
    note(reason ?? 'unknown_account', { account: account?.id });
    throw new Refusal('login_invalid', { 'www-authenticate': 'Bearer' });
  }
  await attempts.forgive(alias);
  const issued = await issue(services, request, account);
  if (passwords.isOutdated(account.password_hash)) {
    await accounts.replaceHash(account, await passwords.hash(form.password));
  }
  return issued;
}

function whyRefused(account: AccountRow | undefined, matches: boolean): string | undefined {
  if (account === undefined) return 'unknown_account';
  if (!matches) return 'wrong_password';
  return account.active ? undefined : 'disabled';
}

async function issue(services: Services, request: FastifyRequest, account: AccountRow): Promise<IssuedToken> {
  const userAgent = (request.headers['user-agent'] ?? '').slice(0, 200);
  const issued = await services.sessions.issue(account, { address: request.ip, userAgent });
  if (issued === undefined) {
    services.audit('login_refused', { ...origin(request), account: account.id, reason: 'changed_meanwhile' });
    throw new Refusal('login_invalid', { 'www-authenticate': 'Bearer' });
  }
  services.audit('login_succeeded', { ...origin(request), account: account.id, session: issued.session });
  return issued;
}

const loginSchema = {
  summary: 'Log in',
  tags: ['tokens'],
  consumes: ['application/x-www-form-urlencoded'],
  body: loginForm,
  response: {
    200: token,
    ...refused('request_invalid', 'login_invalid', 'media_type', 'too_many_attempts', 'overloaded', ...storesAway),
  },
};

const renewSchema = {
  summary: 'Give the token another lifetime',
  tags: ['tokens'],
  security: [{ bearer: [] }],
  response: { 200: renewal, ...refused(...needsToken, 'renewal_off', ...storesAway) },
};

const logoutSchema = {
  summary: 'End this session',
  tags: ['tokens'],
  security: [{ bearer: [] }],
  response: { 204: nothing, ...refused(...needsToken, ...storesAway) },
};
