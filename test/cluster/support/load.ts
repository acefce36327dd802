import { setTimeout as wait } from 'node:timers/promises';
import { send } from '../../support/http.js';

export interface LoadResult {
  readonly sent: number;
  /** What came instead of the expected status, by how often. */
  readonly failures: Readonly<Record<string, number>>;
}

interface Expected {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

const requests: readonly Expected[] = [
  { method: 'GET', path: '/cars', status: 200 },
  { method: 'POST', path: '/v1/admin/users/testuser', status: 401 },
];

/** Sends requests on kept connections until it is told to stop. */
export function startLoad(url: string, clients = 4): { readonly stop: () => Promise<LoadResult> } {
  const failures: Record<string, number> = {};
  let sent = 0;
  let stopping = false;
  const client = async () => {
    while (!stopping) {
      for (const { method, path, status } of requests) {
        sent += 1;
        const begun = performance.now();
        const seen = await send(url, path, { method }).then(
          (response) => String(response.status),
          (error: Error) => error.message,
        );
        // To the next 50 ms: a check that came too late is another fault than one that nobody answered.
        const after = Math.ceil((performance.now() - begun) / 50) * 50;
        const failure = `${method} ${path}: ${seen} within ${after} ms`;
        if (seen !== String(status)) failures[failure] = (failures[failure] ?? 0) + 1;
      }
      // A steady stream, not a flood: the test is about continuity.
      await wait(10);
    }
  };
  const running = Promise.all(Array.from({ length: clients }, client));
  return {
    stop: async () => {
      stopping = true;
      await running;
      return { sent, failures };
    },
  };
}
