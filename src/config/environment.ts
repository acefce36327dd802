import { layer, nest } from './layers.js';
import { nearest } from './nearest.js';
import type { ConfigProblem } from './problem.js';
import { type ConfigKey, configKeys } from './schema-keys.js';
import { parseYaml } from './yaml-document.js';

/** The environment, as a parameter: only the entry of the program reads the real one. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentLayer {
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** The variable that set the key at `path`, or something around it. */
  variableOf(path: readonly PropertyKey[]): string | undefined;
}

/** Names the configuration file. */
export const fileVariable = 'PORTCULLIS_CONFIG';

/**
 * Kubernetes announces each Service of the namespace by variables such as PORTCULLIS_SERVICE_HOST
 * and PORTCULLIS_GRPC_PORT_9191_TCP_ADDR; a Service named `portcullis` must not keep Portcullis from starting.
 */
const serviceLink = /^PORTCULLIS_(\w+_)?(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/** Reads every `PORTCULLIS_…` variable. One that is empty counts as not set. */
export function readEnvironment(env: Environment): EnvironmentLayer {
  const settings = variablesOf(env);
  const problems: ConfigProblem[] = [];
  const paths = new Map<string, string>();
  let value: unknown;
  for (const { name, text, key } of settings) {
    if (key === undefined) {
      problems.push(unknownVariable(name));
      continue;
    }
    const parsed = key.isText ? { ok: true as const, value: { value: text } } : parseYaml(name, text);
    if (parsed.ok) value = layer(value, nest(key.path, parsed.value.value));
    else problems.push(...parsed.error);
    paths.set(key.path.join('.'), name);
  }
  return { value, problems, variableOf: (path) => variableAround(paths, path) };
}

interface Setting {
  readonly name: string;
  readonly text: string;
  readonly key: ConfigKey | undefined;
}

const keysByVariable = new Map(configKeys.flatMap((key) => (key.variable ? [[key.variable, key] as const] : [])));

/** A section before the single keys in it, so that the single key wins. */
function variablesOf(env: Environment): Setting[] {
  return Object.entries(env)
    .filter(([name]) => name.startsWith('PORTCULLIS_') && name !== fileVariable && !serviceLink.test(name))
    .flatMap(([name, text]) => (text ? [{ name, text, key: keysByVariable.get(name) }] : []))
    .sort((one, other) => (one.key?.path.length ?? 0) - (other.key?.path.length ?? 0) || compare(one.name, other.name));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : 1;
}

function unknownVariable(name: string): ConfigProblem {
  return {
    code: 'config_invalid',
    source: name,
    what: 'unknown variable',
    nearest: nearest(name, [...keysByVariable.keys(), fileVariable]),
  };
}

function variableAround(paths: ReadonlyMap<string, string>, path: readonly PropertyKey[]): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const variable = paths.get(path.slice(0, length).join('.'));
    if (variable !== undefined) return variable;
  }
  return undefined;
}
