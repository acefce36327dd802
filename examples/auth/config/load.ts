import { dirname, resolve } from 'node:path';
import type { Environment } from '../../../src/config/environment.js';
import { changeAt, deepFreeze, layer, nest } from '../../../src/config/layers.js';
import { readYaml } from '../../../src/config/load.js';
import { nearest } from '../../../src/config/nearest.js';
import type { ConfigProblem } from '../../../src/config/problem.js';
import { validate } from '../../../src/config/validate.js';
import { parseYaml } from '../../../src/config/yaml-document.js';
import { fail, ok, type Result } from '../../../src/errors/result.js';
import { configKeys, knownNames } from './keys.js';
import { type Config, configSchema } from './schema.js';

/** Names the configuration file. */
export const fileVariable = 'AUTH_CONFIG';

/** Kubernetes announces a Service named `auth…` by variables such as AUTH_DB_SERVICE_HOST and AUTH_API_PORT_80_TCP. */
const serviceLink = /^AUTH_(\w+_)?(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

interface Settings {
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
}

/** The environment over the file over the defaults. Every problem of both is reported, each with its place. */
export async function loadConfig(file: string | undefined, env: Environment): Promise<Result<Config, ConfigProblem[]>> {
  const source = file ?? (env[fileVariable] || undefined);
  const document = source === undefined ? undefined : await readYaml(source);
  if (document !== undefined && !document.ok) return document;
  const inFile = absoluteFiles(document?.value.value ?? {}, dirname(source ?? '.'));
  const fromEnvironment = readEnvironment(env);
  const valid = validate(
    configSchema,
    layer(inFile, absoluteFiles(fromEnvironment.value, '.')),
    (path, part) => {
      const variable = configKeys.find((key) => key.path.every((name, index) => path[index] === name))?.variable;
      if (variable !== undefined && env[variable]) return { source: variable };
      return { source: source ?? 'configuration', ...document?.value.locate(path, part) };
    },
    knownNames,
  );
  const problems = [...fromEnvironment.problems, ...(valid.ok ? [] : valid.error)];
  return valid.ok && problems.length === 0 ? ok(deepFreeze(valid.value)) : fail(problems);
}

function readEnvironment(env: Environment): Settings {
  let value: unknown = {};
  const problems: ConfigProblem[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('AUTH_') || name === fileVariable || !text || serviceLink.test(name)) continue;
    const key = configKeys.find(({ variable }) => variable === name);
    if (key === undefined) {
      problems.push(unknownVariable(name));
      continue;
    }
    const parsed = key.isText ? ok({ value: text }) : parseYaml(name, text);
    if (parsed.ok) value = layer(value, nest(key.path, parsed.value.value));
    else problems.push(...parsed.error);
  }
  return { value, problems };
}

function unknownVariable(name: string): ConfigProblem {
  const known = [...configKeys.map(({ variable }) => variable), fileVariable];
  return { code: 'config_invalid', source: name, what: 'unknown variable', nearest: nearest(name, known) };
}

/** A name of a file in a configuration file is relative to that file. */
function absoluteFiles(settings: unknown, folder: string): unknown {
  const absolute = (found: unknown) => (typeof found === 'string' && found !== '' ? resolve(folder, found) : found);
  return configKeys
    .filter(({ isFile }) => isFile)
    .reduce((value, { path }) => changeAt(value, path, absolute), settings);
}
