import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../../../src/telemetry/logger.js';
import { TooMuchWork } from '../accounts/bounded-work.js';
import { StoreUnavailable } from '../store-unavailable.js';
import { Refusal } from './refusal.js';

/** Turns whatever a request ended in into its answer. The log gets the cause, the client never. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): void {
  const refusal = asRefusal(error);
  if (refusal.status >= 500) {
    const cause = error instanceof StoreUnavailable ? error.cause : error;
    logger.error({ err: cause, code: refusal.code, request: request.id }, 'request failed');
  }
  void reply
    .code(refusal.status)
    .headers(refusal.headers)
    .send({ detail: refusal.message, code: refusal.code, ...problemsOf(error) });
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof StoreUnavailable) return new Refusal(`${error.store}_unavailable`, { 'retry-after': '1' });
  if (error instanceof TooMuchWork) return new Refusal('overloaded', { 'retry-after': '1' });
  const status = (error as Partial<FastifyError>).statusCode ?? 500;
  if (status === 413) return new Refusal('too_large');
  if (status === 415) return new Refusal('media_type');
  return new Refusal(status >= 400 && status < 500 ? 'request_invalid' : 'internal');
}

/** Names what is wrong and where, never what was found there: it may be a password. */
function problemsOf(error: unknown): { problems?: { where: string; what: string }[] } {
  const { validation, validationContext = 'request' } = error as Partial<FastifyError>;
  if (validation === undefined) return {};
  return {
    problems: validation.map(({ instancePath, message = 'invalid' }) => ({
      where: `${validationContext}${instancePath}`,
      what: message,
    })),
  };
}
