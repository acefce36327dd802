import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Looks like a healthy OPA and never decides, so that a test can say how long an evaluation takes. */
export interface StalledOpa {
  readonly url: string;
  /** Evaluations that have been asked for so far. */
  asked(): number;
  /** Those of them that nobody waits for any more. */
  abandoned(): number;
  /** Answers every evaluation that is waited for with `{"result": true}`. */
  release(): void;
  stop(): Promise<void>;
}

export async function startStalledOpa(): Promise<StalledOpa> {
  let asked = 0;
  let abandoned = 0;
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === 'GET') return void response.end('{}');
    asked += 1;
    const answer = () => response.end('{"result": true}');
    waiting.add(answer);
    response.once('close', () => {
      waiting.delete(answer);
      if (!response.writableFinished) abandoned += 1;
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    abandoned: () => abandoned,
    release: () => {
      for (const answer of waiting) answer();
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
