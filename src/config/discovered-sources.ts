import { fail, ok, type Result } from '../errors/result.js';
import { sourceConflicts } from './bundle-combinations.js';
import { type ConfigProblem, formatKey } from './problem.js';
import { bundleSource, discovered } from './schema/bundles.js';
import type { Config } from './schema.js';
import { validate } from './validate.js';

type BundleSource = Config['bundles']['sources'][number];

/** What the bundle that lists the others is called in logs, metrics and on disk. */
export const discoveryName = 'discovery';

/**
 * Reads the list of sources in the data of a discovery bundle, as strictly as the configuration file.
 *
 * @param ownStore where the discovery bundle lies, and with it every source that names no store
 */
export function readDiscovered(data: unknown, ownStore: string): Result<readonly BundleSource[], ConfigProblem[]> {
  const source = 'the discovery bundle';
  const valid = validate(discovered, data, () => ({ source }), namesAt);
  if (!valid.ok) return valid;
  const { sources } = valid.value.bundles;
  const list = ['bundles', 'sources'];
  const conflicts = sourceConflicts(sources, list);
  const index = sources.findIndex(({ name }) => name === discoveryName);
  if (index !== -1) {
    conflicts.push({
      path: [...list, index, 'name'],
      because: `${discoveryName} is the bundle with this list; take another name`,
    });
  }
  if (conflicts.length === 0) return ok(sources.map((one) => ({ ...one, store: one.store ?? ownStore })));
  return fail(
    conflicts.map(({ because, path }) => ({ code: 'config_invalid', source, key: formatKey(path), what: because })),
  );
}

function namesAt(path: readonly PropertyKey[]): readonly string[] {
  const shapes = [discovered.shape, discovered.shape.bundles.shape, {}, bundleSource.shape];
  return Object.keys(shapes[path.length] ?? {});
}
