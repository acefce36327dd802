import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Check, Services } from '../../services.js';

const parts = z.record(z.string(), z.enum(['ok', 'failing']));

const alive = {
  summary: 'Is the process alive?',
  tags: ['health'],
  response: { 200: z.object({ status: z.literal('ok') }) },
};

const ready = {
  summary: 'Can it serve?',
  tags: ['health'],
  response: {
    200: z.object({ status: z.literal('ready'), parts }),
    503: z.object({ status: z.enum(['not_ready', 'stopping']), parts }),
  },
};

/** `/livez` and `/readyz` */
export function healthRoutes({ checks, isStopping }: Services): FastifyPluginAsyncZod {
  return async (app) => {
    app.get('/livez', { schema: alive }, async () => ({ status: 'ok' as const }));

    app.get('/readyz', { schema: ready }, async (_request, reply) => {
      const answers = await Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await tell(check)]));
      const parts = Object.fromEntries(answers) as Record<string, 'ok' | 'failing'>;
      if (isStopping()) return reply.code(503).send({ status: 'stopping', parts });
      if (Object.values(parts).includes('failing')) return reply.code(503).send({ status: 'not_ready', parts });
      return reply.code(200).send({ status: 'ready', parts });
    });
  };
}

/** Why it fails is for the log of the store, not for whoever may ask here. */
function tell(check: Check): Promise<'ok' | 'failing'> {
  return check().then(
    () => 'ok',
    () => 'failing',
  );
}
