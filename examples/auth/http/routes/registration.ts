import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Services } from '../../services.js';
import { origin } from '../caller.js';
import { account, refused, registration, storesAway } from '../forms.js';
import { Refusal } from '../refusal.js';
import { refuseUntil } from '../wait.js';

/** `POST /accounts` */
export function registrationRoutes({ config, accounts, passwords, attempts, audit }: Services): FastifyPluginAsyncZod {
  return async (app) => {
    const schema = {
      summary: 'Register',
      tags: ['accounts'],
      body: registration(config.password.min_length),
      response: {
        201: account,
        ...refused(
          ...(['request_invalid', 'registration_closed', 'email_taken', 'too_many_attempts', 'overloaded'] as const),
          ...storesAway,
        ),
      },
    };
    app.post('/accounts', { schema }, async (request, reply) => {
      const { email, password } = request.body;
      const refuse = (reason: string, more: { retry_after?: number } = {}) =>
        audit('registration_refused', { ...origin(request), reason, ...more });
      if (config.accounts.registration === 'closed') {
        refuse('closed');
        throw new Refusal('registration_closed');
      }
      refuseUntil(await attempts.registrationOf(request.ip), (retry_after) => refuse('address_limit', { retry_after }));
      const registered = await accounts.register(email, await passwords.hash(password));
      if (registered === undefined) {
        refuse('email_taken');
        throw new Refusal('email_taken');
      }
      audit('account_registered', { ...origin(request), account: registered.id });
      return reply.code(201).send(registered);
    });
  };
}
