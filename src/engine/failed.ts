import { type ErrorCode, PortcullisError } from '../errors/portcullis-error.js';
import type { Evaluation } from './engine.js';

/** An evaluation that came to nothing. */
export function failed(code: ErrorCode, message: string, cause?: unknown): Evaluation {
  return { kind: 'failed', error: new PortcullisError(code, message, cause === undefined ? undefined : { cause }) };
}
