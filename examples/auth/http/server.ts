import { randomUUID } from 'node:crypto';
import cors from '@fastify/cors';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Logger } from '../../../src/telemetry/logger.js';
import type { Config } from '../config/schema.js';
import type { Services } from '../services.js';
import { answerError } from './answer-errors.js';
import { Refusal } from './refusal.js';
import { administrationRoutes } from './routes/administration.js';
import { healthRoutes } from './routes/health.js';
import { ownAccountRoutes } from './routes/own-account.js';
import { registrationRoutes } from './routes/registration.js';
import { loginRoutes, tokenRoutes } from './routes/tokens.js';

const allRoutes = [
  registrationRoutes,
  loginRoutes,
  tokenRoutes,
  ownAccountRoutes,
  administrationRoutes,
  healthRoutes,
] as const;

/** The service without a listener: `listen` gives it one. */
export async function buildServer(services: Services, logger: Logger): Promise<FastifyInstance> {
  const { config } = services;
  const app = Fastify({
    bodyLimit: 16 * 1024,
    requestTimeout: 30_000,
    trustProxy: config.server.trusted_proxies.length > 0 ? config.server.trusted_proxies : false,
    genReqId: ({ headers }) => requestId(headers['x-request-id']),
    routerOptions: { ignoreTrailingSlash: true },
    // Keys such as `__proto__` are refused, which is the default; said here because it matters.
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
  });
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, logger));
  app.setNotFoundHandler((request, reply) => answerError(new Refusal('not_found'), request, reply, logger));
  app.addHook('onSend', async (_request, reply) => {
    // Tokens and accounts are in no cache of anybody.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    reply.header('x-content-type-options', 'nosniff');
    // A connection that is kept for a next request would keep the service from stopping.
    if (services.isStopping()) reply.header('connection', 'close');
  });
  await allowOrigins(app, config.cors);
  if (config.server.docs) await describe(app);
  for (const routes of allRoutes) await app.register(routes(services));
  return app;
}

/** The gateway's, so that its log and ours can be laid side by side; nothing that could break a log. */
function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
}

async function allowOrigins(app: FastifyInstance, settings: Config['cors']): Promise<void> {
  if (settings.origins.length === 0) return;
  await app.register(cors, {
    origin: settings.origins.includes('*') ? '*' : [...settings.origins],
    credentials: settings.credentials,
    methods: ['GET', 'POST', 'PUT', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type'],
    exposedHeaders: ['retry-after', 'www-authenticate'],
    maxAge: Math.floor(settings.max_age / 1000),
    strictPreflight: true,
  });
}

async function describe(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Authentication service',
        version: '0.1.0',
        description: 'Accounts and opaque tokens. A token is good for every service behind the gateway.',
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'The token of `POST /accounts/token`.' },
        },
      },
    },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
}
