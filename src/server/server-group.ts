/** The part of a server that shutting down needs. */
export interface DrainableServer {
  /** Resolves as soon as no connection is open. */
  whenNoConnections(): Promise<void>;
  /** Stops accepting, lets checks in flight end; resolves when all connections are closed. */
  stop(): Promise<void>;
  /** Cuts the connections that {@link stop} waits for. */
  destroy(): void;
}

/** Several servers that are shut down as one. */
export function serverGroup(servers: readonly DrainableServer[]): DrainableServer {
  const all = async (ask: (server: DrainableServer) => Promise<void>) => {
    await Promise.all(servers.map(ask));
  };
  return {
    whenNoConnections: () => all((server) => server.whenNoConnections()),
    stop: () => all((server) => server.stop()),
    destroy: () => {
      for (const server of servers) server.destroy();
    },
  };
}
