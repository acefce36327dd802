import { createServer, type ListenOptions } from 'node:net';

/** `host:port` as its two parts. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

/** Why `address` (`host:port`) cannot be listened on, or undefined if it can. */
export function whyTaken(address: string): Promise<string | undefined> {
  const options: ListenOptions = { ...splitAddress(address), exclusive: true };
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(options, () => server.close(() => resolve(undefined)));
  });
}
