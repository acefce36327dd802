import { type DestinationStream, destination, type LevelWithSilent, type Logger, pino } from 'pino';
import { PortcullisError } from '../errors/portcullis-error.js';

export type { Logger } from 'pino';

/**
 * The application log: one JSON line for each event, on standard error, so that standard output is
 * the decision log's alone. Callers name the fields they log; whole requests or headers are never passed.
 *
 * Lines are written at once: they are few, and the last ones before a crash are those that matter.
 */
export function createLogger(
  level: LevelWithSilent,
  output: DestinationStream = destination({ fd: 2, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    output,
  );
}

/** A named failure needs no stack; a foreign one is a fault whose place we must find. */
function describeError(error: unknown): object {
  if (error instanceof PortcullisError) {
    const cause = error.cause === undefined ? undefined : describeCause(error.cause);
    return { code: error.code, message: error.message, cause };
  }
  if (error instanceof Error) return { message: error.message, stack: error.stack };
  return { message: String(error) };
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
