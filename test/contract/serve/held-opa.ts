import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { httpAnswer, startSocketServer } from '../engine/socket-server.js';

/** Stands for an OPA that is ready and answers a decision only when it is told to. */
export interface HeldOpa {
  readonly url: string;
  /** How many decisions it has been asked for. */
  asked(): number;
  /** Allows what it has been asked so far. */
  release(): void;
}

export async function startHeldOpa(): Promise<HeldOpa> {
  const waiting: Socket[] = [];
  const server = await startSocketServer((_request, socket) => waiting.push(socket));
  onTestFinished(() => server.stop());
  return {
    url: server.url,
    asked: () => server.requests.length,
    release: () => {
      for (const socket of waiting.splice(0)) socket.write(httpAnswer(200, '{"result":true}'));
    },
  };
}

/** An `engine` section that asks it and is patient. */
export function heldEngine({ url }: HeldOpa) {
  return { kind: 'opa', opa: { url }, timeout: '60s' };
}

/** Longer than a test may take. */
export const patient = { timeout: 60_000 };
