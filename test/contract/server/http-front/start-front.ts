import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { parseListenAddress } from '../../../../src/config/address.js';
import type { HttpAnswer } from '../../../../src/server/http-front/http-answer.js';
import {
  createHttpFront,
  type HttpCheck,
  type HttpFront,
  type HttpFrontOptions,
} from '../../../../src/server/http-front/http-front.js';

export interface FrontHarness {
  readonly front: HttpFront;
  readonly address: string;
  /** What the front told about itself, in order. */
  readonly events: string[];
}

export interface FrontHarnessOptions extends Partial<Omit<HttpFrontOptions, 'address'>> {
  readonly address?: string;
}

export const fine: HttpAnswer = { status: 200, headers: [['x-user', 'alice']], body: '' };

/** Starts a front that the end of the test stops, clients included. */
export async function startFront(
  check: HttpCheck = async () => fine,
  { address = '127.0.0.1:0', ...options }: FrontHarnessOptions = {},
): Promise<FrontHarness> {
  const parsed = parseListenAddress(address);
  if (!parsed.ok) throw new Error(parsed.error);
  const events: string[] = [];
  const front = createHttpFront(
    {
      socketMode: 0o660,
      isTrustedPeer: () => true,
      maxBodySize: undefined,
      maxHeaderSize: 16 * 1024,
      maxConcurrentChecks: 100,
      maxConnections: 100,
      requestTimeout: 10_000,
      idleTimeout: 10_000,
      ...options,
      address: parsed.value,
    },
    check,
    {
      refused: (reason) => events.push(reason),
      overloaded: () => events.push('overloaded'),
      fault: (error) => events.push(`fault: ${error instanceof Error ? error.message : String(error)}`),
      tls: { reloaded: () => events.push('tls reloaded'), refused: () => events.push('tls refused') },
    },
  );
  const bound = await front.listen();
  onTestFinished(async () => {
    const stopped = front.stop();
    front.destroy();
    await stopped;
  });
  return { front, address: bound, events };
}

export interface RawConnection {
  readonly socket: Socket;
  write(bytes: string): void;
  /** What the front said so far. */
  received(): string;
  closed(): boolean;
}

/** A client that writes whatever a test wants. One character is one byte. */
export function connectTo(address: string): RawConnection {
  const [host = '', port = ''] = address.split(':');
  const socket = address.startsWith('unix://') ? connect(address.slice('unix://'.length)) : connect(Number(port), host);
  let text = '';
  let closed = false;
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  onTestFinished(() => {
    socket.destroy();
  });
  return {
    socket,
    write: (bytes) => void socket.write(bytes, 'latin1'),
    received: () => text,
    closed: () => closed,
  };
}
