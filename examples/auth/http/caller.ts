import type { FastifyRequest } from 'fastify';
import type { AccountRow } from '../accounts/account.js';
import type { Services } from '../services.js';
import { Refusal } from './refusal.js';

/** Who sent a request with a valid token. */
export interface Caller {
  readonly account: AccountRow;
  readonly session: string;
}

const callers = new WeakMap<FastifyRequest, Caller>();

/** Of a route that {@link authenticate} stands before. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new Error('this route is not authenticated');
  return caller;
}

/** Before anything else of the request is looked at: who sends it? */
export function authenticate({ sessionStore, accounts }: Services) {
  return async (request: FastifyRequest): Promise<void> => {
    const token = bearerToken(request);
    const session = await sessionStore.find(token, Math.floor(Date.now() / 1000));
    // Postgres has the last word: an account may have been disabled or deleted, and a Redis that was restored from a
    // backup may hold sessions that were revoked.
    const account = session && (await accounts.findActive(Number(session.subject), session.session));
    if (session === undefined || account === undefined) {
      throw new Refusal('credentials_invalid', { 'www-authenticate': 'Bearer error="invalid_token"' });
    }
    callers.set(request, { account, session: session.session });
  };
}

/** The role is read from Postgres for each request, so that it does not outlive its withdrawal. */
export function requireAdmin({ config, audit }: Services) {
  return async (request: FastifyRequest): Promise<void> => {
    const { account, session } = callerOf(request);
    if (account.roles.includes(config.accounts.admin_role)) return;
    audit('permission_refused', { ...origin(request), account: account.id, session });
    throw new Refusal('not_permitted');
  };
}

/** What the audit log says about where a request came from. */
export function origin(request: FastifyRequest) {
  return { request: request.id, address: request.ip };
}

function bearerToken(request: FastifyRequest): string {
  const values = request.raw.headersDistinct['authorization'] ?? [];
  const token = values.length === 1 ? /^Bearer +(\S+)$/i.exec(values[0] ?? '')?.[1] : undefined;
  if (token === undefined) throw new Refusal('not_authenticated', { 'www-authenticate': 'Bearer' });
  return token;
}
