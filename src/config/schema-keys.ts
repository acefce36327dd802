import { z } from 'zod';
import { eachItem } from './layers.js';
import { configSchema } from './schema.js';

/** What the schema says about one key: the source of environment variables, reference page and printed form. */
export interface ConfigKey {
  /** Names from the root; `[]` stands for the items of a list. */
  readonly path: readonly string[];
  /** `engine.paths[].shape`. */
  readonly name: string;
  /** `PORTCULLIS_…`; keys inside a list have none. */
  readonly variable: string | undefined;
  /** How a value is read from the text of an environment variable: as it stands, or as YAML. */
  readonly isText: boolean;
  readonly isSection: boolean;
  /** For people: `true or false`, `duration`, `wasm | opa`. */
  readonly type: string;
  readonly form: 'duration' | 'size' | 'file' | undefined;
  readonly required: boolean;
  readonly default: unknown;
  readonly doc: string;
  /** Inside a list of different kinds of things: the kind that has this key. */
  readonly kind: string | undefined;
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** JSON Schema (2020-12) of the configuration file, for editors. */
export function configJsonSchema(): JsonSchema {
  return { title: 'Portcullis configuration', ...jsonSchema };
}

const jsonSchema: JsonSchema = z.toJSONSchema(configSchema, {
  io: 'input',
  override: ({ jsonSchema: part }) => {
    if (part.maximum === Number.MAX_SAFE_INTEGER) delete part.maximum;
  },
});

/** Every key of the configuration in the order of the schema, sections before what they hold. */
export const configKeys: readonly ConfigKey[] = propertiesOf(jsonSchema, [], undefined);

/** The names that may stand at `path`, for suggestions. */
export function knownNames(path: readonly PropertyKey[]): readonly string[] {
  const parent = path.map((segment) => (typeof segment === 'number' ? eachItem : String(segment)));
  return configKeys
    .filter((key) => key.path.length === parent.length + 1 && parent.every((name, index) => key.path[index] === name))
    .map((key) => key.path.at(-1) ?? '');
}

function propertiesOf(schema: JsonSchema, path: readonly string[], kind: string | undefined): ConfigKey[] {
  const required = schema.required ?? [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    if (typeof property === 'boolean') return [];
    const here = [...path, name];
    return [describeKey(property, here, required.includes(name), kind), ...keysBelow(property, here, kind)];
  });
}

function keysBelow(schema: JsonSchema, path: readonly string[], kind: string | undefined): ConfigKey[] {
  if (schema.properties !== undefined) return propertiesOf(schema, path, kind);
  const items = schema.items;
  if (typeof items !== 'object' || Array.isArray(items)) return [];
  const inItem = [...path, eachItem];
  const variants = items.oneOf ?? items.anyOf;
  if (variants === undefined) return propertiesOf(items, inItem, kind);
  return variants.flatMap((variant) => propertiesOf(variant, inItem, kindOf(variant)));
}

function kindOf(variant: JsonSchema): string | undefined {
  const kind = variant.properties?.['kind'];
  return typeof kind === 'object' ? String(kind.const) : undefined;
}

function describeKey(
  schema: JsonSchema,
  path: readonly string[],
  required: boolean,
  kind: string | undefined,
): ConfigKey {
  return {
    path,
    name: path.join('.').replaceAll(`.${eachItem}`, eachItem),
    variable: path.includes(eachItem) ? undefined : `PORTCULLIS_${path.join('_').toUpperCase()}`,
    isText: schema.type === 'string',
    isSection: schema.properties !== undefined,
    type: typeOf(schema),
    form: formOf(schema),
    required,
    default: schema.properties === undefined ? schema.default : undefined,
    doc: schema.description ?? '',
    kind,
  };
}

function formOf(schema: JsonSchema): ConfigKey['form'] {
  const form = schema['x-form'];
  return form === 'duration' || form === 'size' || form === 'file' ? form : undefined;
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum !== undefined) return schema.enum.join(' | ');
  const form = formOf(schema);
  if (form !== undefined) return form;
  if (schema.type === 'array') return 'list';
  if (schema.type === 'object') return 'section';
  if (schema.type === 'integer') return range(schema);
  return schema.type === 'boolean' ? 'true | false' : 'text';
}

function range(schema: JsonSchema): string {
  const { minimum, maximum } = schema;
  return maximum === undefined ? `integer from ${minimum ?? 0}` : `integer from ${minimum ?? 0} to ${maximum}`;
}
