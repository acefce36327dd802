import { stringify } from 'yaml';
import { inapplicableKeys } from './combinations.js';
import { changeAt } from './layers.js';
import type { Config } from './schema.js';
import { configKeys } from './schema-keys.js';
import { formatByteSize, formatDuration } from './units.js';

/** The configuration as YAML that loads to the same configuration; it holds no secrets, only names of files. */
export function printConfig(config: Config): string {
  const withUnits = configKeys.reduce<unknown>((changed, { path, form }) => {
    if (form === 'duration') return changeAt(changed, path, (found) => formatDuration(Number(found)));
    if (form === 'size') return changeAt(changed, path, (found) => formatByteSize(Number(found)));
    return changed;
  }, config);
  const printed = inapplicableKeys(config).reduce(
    (changed, { path }) => changeAt(changed, path, () => undefined),
    withUnits,
  );
  return stringify(printed, { lineWidth: 0, aliasDuplicateObjects: false });
}
