import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type Answer, json, send } from './answer.js';
import { Cars, type Document } from './cars.js';
import { echoOf } from './echo.js';
import { matchRoute } from './routes.js';

const largestBody = 1024 * 1024;

/**
 * The backend behind Envoy. It authorizes nothing. A request with `x-echo: 1` is answered with itself as JSON,
 * on every path, so that one can see what the decision changed.
 */
export function createBackend(): Server {
  const cars = new Cars();
  return createServer((request, response) => {
    answerTo(request, cars).then(
      (answer) => send(response, answer),
      () => response.destroy(),
    );
  });
}

async function answerTo(request: IncomingMessage, cars: Cars): Promise<Answer> {
  const body = await readBody(request);
  if (body === undefined) return json(413, { error: 'body too large' });
  if (request.headers['x-echo'] === '1') return json(200, echoOf(request, body));
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const match = matchRoute(request.method ?? '', path);
  if (match === undefined) return json(404, { error: 'not found' });
  const { route, parameter } = match;
  const document = route.wantsBody ? readDocument(body) : {};
  if (document === undefined) return json(400, { error: 'the body must be a JSON object' });
  return route.answer({ cars, parameter, body: document });
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // The rest is read and dropped: an answer before the end of the request would look like a fault to Envoy.
    if (size <= largestBody) chunks.push(chunk);
  }
  return size <= largestBody ? Buffer.concat(chunks) : undefined;
}

function readDocument(body: Buffer): Document | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
