import { fail, ok, type Result } from '../errors/result.js';
import type { ListenAddress } from './address.js';

/** Stands for the number of the worker in the path of a socket. */
export const workerPlaceholder = '{worker}';

/** Where one worker listens, counted from 0: that many ports above `address`, or its number in the path of the socket. */
export function workerAddress(address: ListenAddress, worker: number): ListenAddress {
  if (address.kind === 'unix') {
    return { kind: 'unix', path: address.path.replaceAll(workerPlaceholder, String(worker)) };
  }
  // Port 0 is chosen by the system, another one for each worker.
  return address.port === 0 ? address : { ...address, port: address.port + worker };
}

/** The addresses of all workers; the error says why there are not enough. */
export function workerAddresses(address: ListenAddress, count: number): Result<readonly ListenAddress[]> {
  if (count > 1 && address.kind === 'unix' && !address.path.includes(workerPlaceholder)) {
    return fail(`each worker needs a socket of its own: put ${workerPlaceholder} into the path of grpc.address`);
  }
  if (address.kind === 'tcp' && address.port + count - 1 > 65_535) {
    return fail('the ports from that of grpc.address on go beyond 65535');
  }
  return ok(Array.from({ length: count }, (_, worker) => workerAddress(address, worker)));
}
