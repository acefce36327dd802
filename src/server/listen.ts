import { once } from 'node:events';
import type { Server } from 'node:net';
import type { ListenAddress } from '../config/address.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { boundAddress, formatListenAddress } from './listen-address.js';
import { removeStaleSocket } from './stale-socket.js';

/**
 * Binds `server` and resolves to the address it is bound to, with the real port.
 *
 * @param socketMode file mode of a Unix socket
 * @throws PortcullisError `address_in_use` or `listen_failed`, naming the address
 */
export async function listen(server: Server, address: ListenAddress, socketMode = 0o660): Promise<string> {
  const name = formatListenAddress(address);
  try {
    if (address.kind === 'unix') {
      await removeStaleSocket(address.path);
      bindSocket(server, address.path, socketMode);
    } else {
      server.listen({ host: address.host, port: address.port });
    }
    await once(server, 'listening');
  } catch (error) {
    throw listenError(name, error);
  }
  return formatListenAddress(boundAddress(server.address()));
}

/**
 * The umask, and not a later chmod, sets the mode: between bind and chmod anyone could connect.
 * Node binds a path before `listen` returns, so that nothing else is created under this umask.
 */
function bindSocket(server: Server, path: string, mode: number): void {
  const previous = process.umask(0o777 & ~mode);
  try {
    server.listen({ path });
  } finally {
    process.umask(previous);
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied, or its folder does not exist',
  EADDRNOTAVAIL: 'it is not an address of this machine',
  ENOTFOUND: 'the host name does not resolve',
  EAI_AGAIN: 'the host name does not resolve',
};

function listenError(name: string, error: unknown): PortcullisError {
  if (error instanceof PortcullisError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'EADDRINUSE') {
    return new PortcullisError('address_in_use', `${name} is in use by another process`, { cause: error });
  }
  return new PortcullisError('listen_failed', `cannot listen on ${name}: ${reasons[code] ?? code}`, { cause: error });
}
