import type { ServerResponse } from 'node:http';

/** What a route answers. */
export interface Answer {
  readonly status: number;
  readonly type: 'application/json' | 'text/plain; charset=utf-8';
  readonly body: string;
}

export function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

export function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body };
}

/** `{"result": …}`, or 404 if there is nothing. */
export function result(value: unknown): Answer {
  return value === undefined ? json(404, { error: 'not found' }) : json(200, { result: value });
}

export function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    // Answers repeat what the client wrote; a browser must not take them for a page.
    'x-content-type-options': 'nosniff',
  });
  response.end(answer.body);
}
