import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Services } from '../../services.js';
import { authenticate, callerOf, origin, requireAdmin } from '../caller.js';
import {
  account as accountForm,
  accountList,
  accountPath,
  activeSetting,
  needsToken,
  nothing,
  page,
  refused,
  revokedCount,
  roleList,
  storesAway,
} from '../forms.js';
import { Refusal } from '../refusal.js';

const described = { tags: ['administration'], security: [{ bearer: [] }] };
const refusedAll = refused(...needsToken, 'request_invalid', 'not_permitted', ...storesAway);
const refusedOne = refused(...needsToken, 'request_invalid', 'not_permitted', 'not_found', ...storesAway);

/** Other accounts, for those with the administrator's role. */
export function administrationRoutes(services: Services): FastifyPluginAsyncZod {
  const { accounts, sessions, audit } = services;

  return async (app) => {
    app.addHook('onRequest', authenticate(services));
    app.addHook('onRequest', requireAdmin(services));

    const list = {
      summary: 'All accounts',
      ...described,
      querystring: page,
      response: { 200: accountList, ...refusedAll },
    };
    app.get('/accounts', { schema: list }, async (request) => {
      return { accounts: await accounts.list(request.query.after, request.query.limit) };
    });

    const show = {
      summary: 'One account',
      ...described,
      params: accountPath,
      response: { 200: accountForm, ...refusedOne },
    };
    app.get('/accounts/:id', { schema: show }, async (request) => {
      const account = await accounts.find(request.params.id);
      if (account === undefined) throw new Refusal('not_found');
      return account;
    });

    const setRoles = {
      summary: 'Set the roles; ends all sessions of the account',
      ...described,
      params: accountPath,
      body: roleList,
      response: { 200: revokedCount, ...refusedOne },
    };
    app.put('/accounts/:id/roles', { schema: setRoles }, async (request) => {
      const { roles } = request.body;
      const revoked = found(await sessions.change(request.params.id, { roles }));
      audit('roles_changed', { ...origin(request), ...parties(request), roles, count: revoked });
      return { revoked };
    });

    const setActive = {
      summary: 'Disable or enable; ends all sessions of the account',
      ...described,
      params: accountPath,
      body: activeSetting,
      response: { 200: revokedCount, ...refusedOne },
    };
    app.put('/accounts/:id/active', { schema: setActive }, async (request) => {
      const { active } = request.body;
      const revoked = found(await sessions.change(request.params.id, { active }));
      audit(active ? 'account_enabled' : 'account_disabled', {
        ...origin(request),
        ...parties(request),
        count: revoked,
      });
      return { revoked };
    });

    const endSessions = {
      summary: 'End all sessions of the account',
      ...described,
      params: accountPath,
      response: { 200: revokedCount, ...refusedOne },
    };
    app.delete('/accounts/:id/sessions', { schema: endSessions }, async (request) => {
      const revoked = found(await sessions.revokeAll(request.params.id));
      audit('sessions_revoked', { ...origin(request), ...parties(request), reason: 'by_admin', count: revoked });
      return { revoked };
    });

    const remove = { summary: 'Delete', ...described, params: accountPath, response: { 204: nothing, ...refusedOne } };
    app.delete('/accounts/:id', { schema: remove }, async (request, reply) => {
      const revoked = found(await sessions.change(request.params.id, 'delete'));
      audit('account_deleted', { ...origin(request), ...parties(request), count: revoked });
      return reply.code(204).send(null);
    });
  };
}

type OfAccount = Parameters<typeof callerOf>[0] & { readonly params: { readonly id: number } };

/** Who did it, and to whom. */
function parties(request: OfAccount) {
  const caller = callerOf(request);
  return { account: request.params.id, by: caller.account.id, session: caller.session };
}

function found(revoked: number | undefined): number {
  if (revoked === undefined) throw new Refusal('not_found');
  return revoked;
}
