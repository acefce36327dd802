import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { PortcullisError } from '../errors/portcullis-error.js';

/**
 * Removes the socket that a process left behind when it was killed. Anything else at `path` stays:
 * a file that is no socket (or a link, which could point anywhere), and a socket that someone answers on.
 *
 * @throws PortcullisError `address_in_use` when the path is taken
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(ignoreMissing);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new PortcullisError('address_in_use', `${path} exists and is not a socket; it is left untouched`);
  }
  const refusal = await refusalOf(path);
  if (refusal === 'ENOENT') return;
  if (refusal !== 'ECONNREFUSED') {
    throw new PortcullisError('address_in_use', `unix://${path} is in use by another process`);
  }
  await unlink(path).catch(ignoreMissing);
}

/** The error code with which a connection is refused; undefined when it is accepted. */
function refusalOf(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
