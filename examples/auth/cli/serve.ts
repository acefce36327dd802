import { fileDescriptor, LineWriter } from '../../../src/decision-log/line-writer.js';
import { createLogger } from '../../../src/telemetry/logger.js';
import type { Config } from '../config/schema.js';
import { type Service, startService } from '../service.js';
import type { CommandIo } from './run.js';

/** Characters of the audit log that may wait for a reader of standard output. */
const auditCapacity = 4 * 1024 * 1024;

/** `auth serve`: resolves when the service has stopped. */
export async function serve(config: Config, args: readonly string[], io: CommandIo): Promise<number> {
  if (args.length > 0) {
    io.stderr('auth serve takes no arguments\n');
    return 2;
  }
  const logger = createLogger(config.log.level);
  const audit = new LineWriter({
    sink: fileDescriptor(1),
    capacity: auditCapacity,
    onDrop: (lines) => logger.error({ lines }, 'lines of the audit log were lost'),
  });
  const service = await startService(config, { logger, audit: (line) => audit.write(line) });
  logger.info({ address: service.address }, 'serving');
  await untilTold(service, io, (err) => logger.error({ err }, 'the keys in force stay'));
  logger.info('stopping');
  await service.stop();
  await audit.close(1000);
  return 0;
}

function untilTold(service: Service, io: CommandIo, onReloadError: (error: unknown) => void): Promise<void> {
  return new Promise((resolve) => {
    io.onSignal('SIGTERM', resolve);
    io.onSignal('SIGINT', resolve);
    io.onSignal('SIGHUP', () => void service.reloadKeys().catch(onReloadError));
  });
}
