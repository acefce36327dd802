import { isDeepStrictEqual } from 'node:util';
import { valueAt } from './layers.js';
import type { Config } from './schema.js';
import { type ConfigKey, configKeys } from './schema-keys.js';

export interface ConfigChanges {
  /** Keys that changed and take effect on SIGHUP. */
  readonly reloadable: string[];
  /** Keys that changed and are ignored until the next start. */
  readonly needsRestart: string[];
}

/** `compatibility` has no effect of its own: what its preset changes shows in the other keys. */
const changeable = [
  'engine.wasm.bundle',
  'engine.opa.bundle',
  'engine.opa.token',
  'engine.timeout',
  'input',
  'identity',
  'decision',
  'decision_log.enabled',
  'log.level',
  'compatibility',
];

/** Whether SIGHUP is enough for a change of this key. */
export function isReloadable(name: string): boolean {
  return changeable.some((known) => name === known || name.startsWith(`${known}.`));
}

/** Which keys differ between two configurations, by what it takes to apply them. */
export function reloadableChanges(before: Config, after: Config): ConfigChanges {
  const changed = configKeys.filter((key) => isWhole(key) && differs(before, after, key)).map(({ name }) => name);
  return {
    reloadable: changed.filter(isReloadable),
    needsRestart: changed.filter((name) => !isReloadable(name)),
  };
}

function isWhole(key: ConfigKey): boolean {
  return key.variable !== undefined && !key.isSection;
}

function differs(before: Config, after: Config, { path }: ConfigKey): boolean {
  return !isDeepStrictEqual(valueAt(before, path), valueAt(after, path));
}
