import { randomInt } from 'node:crypto';
import { whyTaken } from '../../scripts/demo/address.js';

const given = new Set<number>();

/**
 * A port of 127.0.0.1 that nobody listens on, for a program that cannot be given port 0. It lies below the range
 * from which the system takes the ports of outgoing connections, so that none of those can take it meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    if (given.has(port) || (await whyTaken(`127.0.0.1:${port}`)) !== undefined) continue;
    given.add(port);
    return port;
  }
}

/** `127.0.0.1:port` with a free port. */
export async function freeAddress(): Promise<string> {
  return `127.0.0.1:${await freePort()}`;
}
