import type { Conflict } from './conflict.js';
import type { Config } from './schema.js';

/** What of `bundles` is impossible together, or beside a local bundle. */
export function bundleConflicts(config: Config): Conflict[] {
  const { discovery, polling, sources } = config.bundles;
  const conflicts = sourceConflicts(sources, ['bundles', 'sources']);
  if (polling.min_delay > polling.max_delay) {
    conflicts.push({ path: ['bundles', 'polling', 'min_delay'], because: 'max_delay is shorter' });
  }
  if (discovery !== undefined)
    return [...conflicts, ...discoveryConflicts(config), ...localBundleConflicts(config, 'bundles.discovery')];
  return sources.length === 0 ? conflicts : [...conflicts, ...localBundleConflicts(config, 'bundles.sources')];
}

interface FollowedPlace {
  readonly channel?: string | undefined;
  readonly object?: string | undefined;
}

/** What is impossible in a list of sources, whoever wrote it. */
export function sourceConflicts(
  sources: readonly (FollowedPlace & { readonly name: string })[],
  list: readonly PropertyKey[],
): Conflict[] {
  const names = sources.map(({ name }) => name);
  return sources.flatMap((source, index): Conflict[] => {
    const path = [...list, index];
    if (names.indexOf(source.name) !== index) {
      return [{ path: [...path, 'name'], because: 'another source has this name' }];
    }
    return placeConflicts(source, path);
  });
}

function placeConflicts({ channel, object }: FollowedPlace, path: readonly PropertyKey[]): Conflict[] {
  if ((channel === undefined) !== (object === undefined)) return [];
  return [{ path, because: 'a source follows either a channel or an object' }];
}

function discoveryConflicts({ bundles: { discovery, reports, sources }, engine }: Config): Conflict[] {
  const path = ['bundles', 'discovery'];
  const conflicts = placeConflicts(discovery ?? {}, path);
  if (engine.kind !== 'wasm') {
    const because =
      'only the embedded engine (engine.kind: wasm) follows it; give an OPA a discovery section of its own';
    conflicts.push({ path, because });
  }
  if (sources.length > 0) {
    const because = 'bundles.discovery says what is followed; list these sources in its bundle, or leave it out';
    conflicts.push({ path: ['bundles', 'sources'], because });
  }
  if (reports.to_store) {
    // The author of the bundle would choose what the right to write is used on.
    const because = 'bundles.discovery would choose the stores that are written to; use bundles.reports.url';
    conflicts.push({ path: ['bundles', 'reports', 'to_store'], because });
  }
  return conflicts;
}

function localBundleConflicts({ engine }: Config, key: string): Conflict[] {
  const conflicts: Conflict[] = [];
  if (engine.wasm.bundle !== undefined) {
    conflicts.push({ path: ['engine', 'wasm', 'bundle'], because: `${key} names where the policy comes from` });
  }
  if (engine.wasm.verification !== undefined) {
    const because = `${key} names where the policy comes from; bundles.verification is for what is fetched`;
    conflicts.push({ path: ['engine', 'wasm', 'verification'], because });
  }
  return conflicts;
}
