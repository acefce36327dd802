import type { Socket } from 'node:net';

/** The connections that are open now. */
export interface Connections {
  add(socket: Socket): void;
  count(): number;
  /** Resolves as soon as there is no open connection. */
  whenNone(): Promise<void>;
  destroy(): void;
}

export function createConnections(): Connections {
  const open = new Set<Socket>();
  let waiting: (() => void)[] = [];
  return {
    add: (socket) => {
      open.add(socket);
      socket.once('close', () => {
        open.delete(socket);
        if (open.size > 0) return;
        for (const resolve of waiting) resolve();
        waiting = [];
      });
    },
    count: () => open.size,
    whenNone: () => (open.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    destroy: () => {
      for (const socket of open) socket.destroy();
    },
  };
}
