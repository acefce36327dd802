import { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpAnswer } from './http-answer.js';
import { hasBody } from './read-message.js';

/** Writes the answer, unless the gateway has gone. */
export function writeMessage(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: HttpAnswer,
  last: boolean,
): void {
  const bytes = Buffer.from(body);
  const lines = headers.flatMap(([name, value]) => [name, asBytes(value)]);
  lines.push('content-length', String(bytes.length));
  // What is left of an unread body must never be taken for the next request.
  if (last || (hasBody(request) && !request.complete)) lines.push('connection', 'close');
  response.writeHead(status, lines);
  response.end(bytes);
}

/** Node writes each character as one byte. */
function asBytes(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text : Buffer.from(text).toString('latin1');
}
