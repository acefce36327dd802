import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { visible } from '../../accounts/account.js';
import type { Services } from '../../services.js';
import { authenticate, callerOf, origin } from '../caller.js';
import {
  account as accountForm,
  needsToken,
  nothing,
  passwordChange,
  refused,
  revokedCount,
  sessionList,
  sessionPath,
  storesAway,
} from '../forms.js';
import { Refusal } from '../refusal.js';
import { refuseUntil } from '../wait.js';

const described = { tags: ['own account'], security: [{ bearer: [] }] };

/** `/accounts/me`, its password and its sessions */
export function ownAccountRoutes(services: Services): FastifyPluginAsyncZod {
  const { config, sessions, passwords, attempts, keys, audit } = services;
  return async (app) => {
    app.addHook('onRequest', authenticate(services));

    const me = {
      summary: 'Who am I?',
      ...described,
      response: { 200: accountForm, ...refused(...needsToken, ...storesAway) },
    };
    app.get('/accounts/me', { schema: me }, async (request) => visible(callerOf(request).account));

    const change = {
      summary: 'Change the password; ends all sessions',
      ...described,
      body: passwordChange(config.password.min_length),
      response: {
        204: nothing,
        ...refused(
          ...needsToken,
          'request_invalid',
          'password_wrong',
          'too_many_attempts',
          'overloaded',
          ...storesAway,
        ),
      },
    };
    app.put('/accounts/me/password', { schema: change }, async (request, reply) => {
      const { account, session } = callerOf(request);
      const note = (reason: string) =>
        audit('password_change_refused', { ...origin(request), account: account.id, session, reason });
      // Whoever found a token must not guess the password with it either.
      const alias = keys.aliasOf(account.email);
      refuseUntil(await attempts.ofAccount(alias), () => note('account_locked'));
      if (!(await passwords.matches(request.body.current_password, account.password_hash))) {
        note('wrong_password');
        throw new Refusal('password_wrong');
      }
      await attempts.forgive(alias);
      const hash = await passwords.hash(request.body.new_password);
      const revoked = await sessions.change(account.id, { password_hash: hash }, account.password_hash);
      if (revoked === undefined) {
        note('changed_meanwhile');
        throw new Refusal('password_wrong');
      }
      audit('password_changed', { ...origin(request), account: account.id, session, count: revoked });
      return reply.code(204).send(null);
    });

    const list = {
      summary: 'My sessions',
      ...described,
      response: { 200: sessionList, ...refused(...needsToken, ...storesAway) },
    };
    app.get('/accounts/me/sessions', { schema: list }, async (request) => {
      const caller = callerOf(request);
      const listed = await sessions.list(caller.account.id);
      return {
        sessions: listed.map((one) => ({
          ...one,
          created_at: one.created_at.toISOString(),
          expires_at: one.expires_at.toISOString(),
          current: one.id === caller.session,
        })),
      };
    });

    const endAll = {
      summary: 'End all my sessions, this one too',
      ...described,
      response: { 200: revokedCount, ...refused(...needsToken, ...storesAway) },
    };
    app.delete('/accounts/me/sessions', { schema: endAll }, async (request) => {
      const { account, session } = callerOf(request);
      const revoked = (await sessions.revokeAll(account.id)) ?? 0;
      audit('sessions_revoked', { ...origin(request), account: account.id, session, reason: 'logout', count: revoked });
      return { revoked };
    });

    const endOne = {
      summary: 'End one of my sessions',
      ...described,
      params: sessionPath,
      response: { 204: nothing, ...refused(...needsToken, 'request_invalid', 'not_found', ...storesAway) },
    };
    app.delete('/accounts/me/sessions/:session', { schema: endOne }, async (request, reply) => {
      const { account } = callerOf(request);
      const { session } = request.params;
      if (!(await sessions.revoke(account.id, session))) throw new Refusal('not_found');
      audit('session_revoked', { ...origin(request), account: account.id, session, reason: 'by_owner' });
      return reply.code(204).send(null);
    });
  };
}
