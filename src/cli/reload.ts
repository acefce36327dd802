import { type ConfigSources, loadConfig } from '../config/load.js';
import { type ConfigProblem, formatProblems } from '../config/problem.js';
import { reloadableChanges } from '../config/reload.js';
import { unsafeSettings } from '../config/unsafe.js';
import { PortcullisError } from '../errors/portcullis-error.js';
import { fail, ok, type Result } from '../errors/result.js';
import type { Logger } from '../telemetry/logger.js';
import type { Adapter } from './adapter.js';

/**
 * SIGHUP: reads the configuration and the files it names again, and puts what can change at run time
 * into force as a whole. Whatever is wrong with the new one, the old one goes on serving.
 */
export async function reloadAdapter(adapter: Adapter, sources: ConfigSources, logger: Logger): Promise<void> {
  const applied = await apply(adapter, sources);
  adapter.metrics.configReload(applied.ok ? 'applied' : 'refused');
  if (!applied.ok) {
    logger.error({ problem: applied.error }, 'the new configuration is refused; the old one goes on serving');
    return;
  }
  const { reloadable, needsRestart } = applied.value;
  for (const warning of unsafeSettings(adapter.config())) logger.warn({ setting: warning }, 'unsafe setting');
  if (needsRestart.length > 0) logger.warn({ keys: needsRestart }, 'these changes take effect at the next start');
  logger.info({ changed: reloadable, revision: adapter.revision() }, 'configuration read again');
}

type Changes = ReturnType<typeof reloadableChanges>;

async function apply(adapter: Adapter, sources: ConfigSources): Promise<Result<Changes>> {
  const loaded = await loadConfig(sources);
  if (!loaded.ok) return fail(inOneLine(loaded.error));
  const changes = reloadableChanges(adapter.config(), loaded.value.config);
  try {
    await adapter.replaceConfig(loaded.value.config);
    return ok(changes);
  } catch (thrown) {
    const error = PortcullisError.from(thrown);
    return fail(`${error.code}: ${error.message}`);
  }
}

function inOneLine(problems: ConfigProblem[]): string {
  return formatProblems(problems).replaceAll('\n', '; ');
}
