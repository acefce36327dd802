import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface HttpBundleServer {
  /** Ends with a slash. */
  readonly url: string;
  /** The requests so far. */
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingMessage['headers'];
  }[];
  /** Puts an object there; whoever waits for it is answered. */
  put(name: string, content: Buffer): void;
  /** What every request must carry from now on, or be refused with 401. */
  requireToken(token: string): void;
  /** Answers in the place of the usual one, until it is taken back with `undefined`. */
  answerWith(answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined): void;
  stop(): Promise<void>;
}

interface StoredObject {
  readonly content: Buffer;
  readonly etag: string;
}

/** A bundle server of the kind that OPA expects: ETags, conditional requests, and `Prefer: wait` (long polling). */
export async function startHttpBundles(): Promise<HttpBundleServer> {
  const objects = new Map<string, StoredObject>();
  const waiting = new Set<() => void>();
  const requests: { method: string; path: string; headers: IncomingMessage['headers'] }[] = [];
  let token: string | undefined;
  let other: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;

  const put = (name: string, content: Buffer) => {
    objects.set(`/${name}`, { content, etag: `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"` });
    for (const wake of [...waiting]) wake();
  };

  const get = async (path: string, { headers }: IncomingMessage, response: ServerResponse) => {
    const wait = Number(/wait=(\d+)/.exec(String(headers['prefer']))?.[1] ?? 0) * 1000;
    const isKnown = () => objects.get(path)?.etag === headers['if-none-match'];
    if (wait > 0 && headers['if-none-match'] !== undefined && isKnown()) await newsWithin(wait, response);
    const object = objects.get(path);
    if (object === undefined) return response.writeHead(404).end();
    if (isKnown()) return response.writeHead(304, { etag: object.etag }).end();
    response.writeHead(200, { etag: object.etag, 'content-type': 'application/vnd.openpolicyagent.bundles' });
    return response.end(object.content);
  };

  const newsWithin = (milliseconds: number, response: ServerResponse): Promise<void> =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        waiting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      response.once('close', end);
      waiting.add(end);
    });

  const write = async (path: string, request: IncomingMessage, response: ServerResponse) => {
    const content = await buffer(request);
    const present = objects.get(path);
    const { 'if-match': match, 'if-none-match': noneMatch } = request.headers;
    const refused = (noneMatch === '*' && present !== undefined) || (match !== undefined && match !== present?.etag);
    if (refused) return response.writeHead(412).end();
    put(path.slice(1), content);
    return response.writeHead(201).end();
  };

  const server = createServer(async (request, response) => {
    const { headers, method = '', url: path = '' } = request;
    requests.push({ method, path, headers });
    if (other !== undefined) return other(request, response);
    if (token !== undefined && headers.authorization !== `Bearer ${token}`) return response.writeHead(401).end();
    return method === 'PUT' ? write(path, request, response) : get(path, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    put,
    requireToken: (text) => {
      token = text;
    },
    answerWith: (answer) => {
      other = answer;
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
