import type { Conflict } from './conflict.js';
import type { Config } from './schema.js';

/** What of `bundles` is impossible together, or beside a local bundle. */
export function bundleConflicts({ bundles, engine }: Config): Conflict[] {
  const { polling, sources } = bundles;
  const names = sources.map(({ name }) => name);
  const conflicts = sources.flatMap((source, index): Conflict[] => {
    const path = ['bundles', 'sources', index];
    if (names.indexOf(source.name) !== index) {
      return [{ path: [...path, 'name'], because: 'another source has this name' }];
    }
    if ((source.channel === undefined) === (source.object === undefined)) {
      return [{ path, because: 'a source follows either a channel or an object' }];
    }
    return [];
  });
  if (polling.min_delay > polling.max_delay) {
    conflicts.push({ path: ['bundles', 'polling', 'min_delay'], because: 'max_delay is shorter' });
  }
  if (sources.length === 0) return conflicts;
  if (engine.wasm.bundle !== undefined) {
    conflicts.push({
      path: ['engine', 'wasm', 'bundle'],
      because: 'bundles.sources names where the policy comes from',
    });
  }
  if (engine.wasm.verification !== undefined) {
    const because = 'bundles.sources names where the policy comes from; bundles.verification is for what is fetched';
    conflicts.push({ path: ['engine', 'wasm', 'verification'], because });
  }
  return conflicts;
}
