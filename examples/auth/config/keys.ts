import { z } from 'zod';
import { configSchema } from './schema.js';

/** One key of the configuration, as the schema describes it. */
export interface ConfigKey {
  /** Such as `['session', 'lifetime']`. */
  readonly path: readonly [section: string, name: string];
  /** `AUTH_SESSION_LIFETIME`. */
  readonly variable: string;
  /** The text of the variable is the value itself; otherwise it is YAML. */
  readonly isText: boolean;
  readonly isFile: boolean;
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Every key, in the order of the schema. */
export const configKeys: readonly ConfigKey[] = propertiesOf(z.toJSONSchema(configSchema, { io: 'input' })).flatMap(
  ([section, schema]) => propertiesOf(schema).map(([name, key]) => describeKey(section, name, key)),
);

/** The names that may stand at `path`, for suggestions. */
export function knownNames(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return [...new Set(configKeys.map((key) => key.path[0]))];
  return configKeys.filter((key) => key.path[0] === path[0]).map((key) => key.path[1]);
}

function propertiesOf(schema: JsonSchema): [string, JsonSchema][] {
  return Object.entries(schema.properties ?? {}).filter((entry): entry is [string, JsonSchema] => {
    return typeof entry[1] === 'object';
  });
}

function describeKey(section: string, name: string, schema: JsonSchema): ConfigKey {
  return {
    path: [section, name],
    variable: `AUTH_${section}_${name}`.toUpperCase(),
    isText: schema.type === 'string',
    isFile: schema['x-form'] === 'file',
  };
}
