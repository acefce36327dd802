import type { BundleEvent } from '../policy/follow/bundle-follower.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';

/** Tells log and metrics what befell a bundle. */
export function noteBundleEvent(event: BundleEvent, logger: Logger, metrics: Pick<Metrics, 'bundle' | 'error'>): void {
  const {
    active_revision: revision,
    last_successful_request: heard,
    name,
    pending_revision,
    persisted,
    type,
  } = event.state;
  if (event.kind !== 'waiting') metrics.bundle(name, event.kind);
  switch (event.kind) {
    case 'activated':
      logger.info({ bundle: name, revision, type, persisted }, 'bundle activated');
      return;
    case 'waiting':
      logger.info({ bundle: name, revision: pending_revision }, 'bundle taken; it serves when the others are there');
      return;
    case 'retired':
      logger.info({ bundle: name, revision }, 'bundle retired: it is not followed any more');
      return;
    case 'failed':
      metrics.error(event.error.code);
      logger.error({ bundle: name, revision, err: event.error }, 'bundle refused; what served before goes on');
      return;
    case 'stale':
      logger.error({ bundle: name, revision, heard }, 'freshness alarm: no answer from the source of the bundle');
      return;
    case 'fresh':
      logger.info({ bundle: name, revision }, 'the source of the bundle answers again');
  }
}
