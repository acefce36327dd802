import { readFile as readFileFromDisk } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fail, ok, type Result } from '../errors/result.js';
import { findConflicts } from './combinations.js';
import { type Environment, fileVariable, readEnvironment } from './environment.js';
import { changeAt, deepFreeze, layer, valueAt } from './layers.js';
import { type ConfigProblem, formatKey } from './problem.js';
import { type Config, configSchema, opaEnvoyPluginPreset } from './schema.js';
import { configKeys, knownNames } from './schema-keys.js';
import { type Locate, validate } from './validate.js';
import { parseYaml, type YamlDocument } from './yaml-document.js';

/** Reads a text file; rejects as `node:fs/promises` does. */
export type ReadFile = (path: string) => Promise<string>;

export interface ConfigSources {
  /** The configuration file; without it, the one that `PORTCULLIS_CONFIG` names; without that, none. */
  readonly file?: string | undefined;
  readonly env: Environment;
  readonly readFile?: ReadFile;
}

export interface LoadedConfig {
  /** Frozen; paths of files are absolute. */
  readonly config: Config;
  readonly file: string | undefined;
}

/** Later wins: the preset that `compatibility` names, the file, the environment. */
export async function loadConfig(sources: ConfigSources): Promise<Result<LoadedConfig, ConfigProblem[]>> {
  const file = sources.file ?? (sources.env[fileVariable] || undefined);
  const environment = readEnvironment(sources.env);
  const document = file === undefined ? ok(emptyDocument) : await readYaml(file, sources.readFile);
  if (!document.ok) return fail([...document.error, ...environment.problems]);

  const locate: Locate = (path, part) => {
    const variable = environment.variableOf(path);
    if (variable !== undefined) return { source: variable };
    return { source: file ?? 'configuration', ...document.value.locate(path, part) };
  };
  const ownSettings = layer(
    absolute(document.value.value ?? {}, dirname(file ?? '.')),
    absolute(environment.value, '.'),
  );
  const preset = valueAt(ownSettings, ['compatibility']) === 'opa-envoy-plugin' ? opaEnvoyPluginPreset : {};
  const valid = validate(configSchema, layer(preset, ownSettings), locate, knownNames);
  const problems = [
    ...environment.problems,
    ...(valid.ok ? conflictProblems(valid.value, ownSettings, locate) : valid.error),
  ];
  if (!valid.ok || problems.length > 0) return fail(problems.sort(byPosition));
  return ok({ config: deepFreeze(valid.value), file });
}

/** Reads and parses a YAML file. */
export async function readYaml(
  file: string,
  readFile: ReadFile = (path) => readFileFromDisk(path, 'utf8'),
): Promise<Result<YamlDocument, ConfigProblem[]>> {
  try {
    return parseYaml(file, await readFile(file));
  } catch (error: unknown) {
    const found = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    return fail([{ code: 'config_unreadable', source: file, what: 'the file cannot be read', found }]);
  }
}

function byPosition(one: ConfigProblem, other: ConfigProblem): number {
  return (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0);
}

const emptyDocument: YamlDocument = { value: undefined, locate: () => undefined };

const fileKeys = configKeys.filter(({ form }) => form === 'file');

function absolute(settings: unknown, folder: string): unknown {
  const toAbsolute = (found: unknown) => (typeof found === 'string' && found !== '' ? resolve(folder, found) : found);
  return fileKeys.reduce((changed, { path }) => changeAt(changed, path, toAbsolute), settings);
}

function conflictProblems(config: Config, ownSettings: unknown, locate: Locate): ConfigProblem[] {
  return findConflicts(config, (path) => valueAt(ownSettings, path) !== undefined).map(({ path, because }) => ({
    code: 'config_invalid',
    ...locate(path, 'key'),
    key: formatKey(path),
    what: because,
  }));
}
