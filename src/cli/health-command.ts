import { parseListenAddress } from '../config/address.js';
import { loadConfig } from '../config/load.js';
import { formatProblems } from '../config/problem.js';
import type { Config } from '../config/schema.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { fail, ok, type Result } from '../errors/result.js';
import { askHealth } from '../server/health-client.js';
import type { HealthArguments } from './arguments.js';
import type { CommandIo } from './command-io.js';

/** Milliseconds; shorter than the time that the image's HEALTHCHECK gives the whole command. */
const timeout = 2_000;

/**
 * `portcullis health`: asks the Portcullis that serves this configuration on this machine.
 * Returns 0 if it is ready to decide, and 1 in every other case: to Docker, 2 means nothing.
 */
export async function healthCommand(args: HealthArguments, io: CommandIo): Promise<number> {
  const loaded = await loadConfig({ file: args.file, env: io.env });
  if (!loaded.ok) {
    io.stderr(`${formatProblems(loaded.error)}\n`);
    return 1;
  }
  const healthy = await ask(loaded.value.config);
  if (healthy.ok) {
    io.stdout('SERVING\n');
    return 0;
  }
  io.stderr(`portcullis: ${healthy.error}\n`);
  return 1;
}

async function ask({ admin, grpc, workers }: Config): Promise<Result<void>> {
  try {
    // With mutual TLS only Envoy has a certificate to ask with, and several workers are ready when one is: the admin port
    // answers for the same state.
    if (grpc.tls?.client_ca !== undefined || workers.count > 1) return await askAdmin(admin.address);
    const address = parseListenAddress(grpc.address);
    return address.ok ? await askHealth({ address: address.value, tls: grpc.tls, timeout }) : address;
  } catch (thrown) {
    return fail(PortcullisError.from(thrown).message);
  }
}

async function askAdmin(address: string): Promise<Result<void>> {
  const here = address.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
  try {
    const response = await fetch(`http://${here}/readyz`, { signal: AbortSignal.timeout(timeout) });
    await response.body?.cancel();
    return response.ok ? ok(undefined) : fail(`NOT_SERVING: /readyz answers ${response.status}`);
  } catch {
    return fail(`UNAVAILABLE: http://${here}/readyz does not answer`);
  }
}
