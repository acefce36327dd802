import { isReloadable } from '../../src/config/reload.js';
import { opaEnvoyPluginPreset } from '../../src/config/schema.js';
import { type ConfigKey, configKeys } from '../../src/config/schema-keys.js';
import { code, table } from './markdown.js';

const introduction = `# Configuration

Generated from \`src/config/schema.ts\` by \`npm run docs\`; a test fails when it is out of date.

\`portcullis serve --config FILE\` reads a YAML file; \`PORTCULLIS_CONFIG\` names it too. Without a file the defaults hold.
Each key is also an environment variable, which wins over the file. The value of a list or a section is YAML or JSON text:
\`PORTCULLIS_ENGINE_PATHS='[{path: a/b, shape: envoy}]'\`. An empty variable counts as not set.
The variables with which Kubernetes announces Services are passed over; any other unknown \`PORTCULLIS_\` name is an error.

An unknown key, a wrong type or an impossible combination ends the program with status 2 before anything listens.
\`portcullis config check\` says what is wrong and what is unsafe, \`portcullis config print\` shows the effective configuration,
and \`portcullis config schema\` prints [the JSON Schema](config.schema.json) for editors.

- **duration**: a whole number and \`ms\`, \`s\`, \`m\` or \`h\`; at most 24 hours.
- **size**: a whole number and \`B\`, \`KiB\` or \`MiB\`; at most 1 GiB.
- **file**: relative to the folder of the configuration file; in an environment variable, to the working directory.
- **required**: where the section or list item around the key is present.
- **applied**: \`reload\` takes effect on SIGHUP too, the others at the next start. A configuration that is not valid is
  refused on SIGHUP, and the old one stays.
`;

/** `docs/configuration.md`. */
export function configurationPage(): string {
  const sections = configKeys.filter((key) => key.path.length === 1 && key.isSection).map(section);
  const single = configKeys.filter((key) => key.path.length === 1 && !key.isSection);
  const parts = [introduction, ...sections, `## Presets\n\n${keyTable(single)}\n\n${presetTable()}`];
  return `${parts.map((part) => part.trim()).join('\n\n')}\n`;
}

function section(key: ConfigKey): string {
  const keys = configKeys.filter(({ path, isSection }) => path.length > 1 && path[0] === key.name && !isSection);
  return `## ${key.name}\n\n${key.doc}\n\n${keyTable(keys)}`;
}

function keyTable(keys: readonly ConfigKey[]): string {
  return table(['key', 'type', 'default', 'applied', 'what it does', 'variable'], keys.map(row));
}

function row(key: ConfigKey): string[] {
  const applied = isReloadable(key.name.replaceAll('[]', '')) ? 'reload' : 'start';
  return [code(key.name), typeText(key), defaultText(key), applied, key.doc, code(key.variable ?? '')];
}

function typeText({ type, kind, path }: ConfigKey): string {
  const isKind = path.at(-1) === 'kind' && kind !== undefined;
  const text = type.includes('|') || isKind ? code(type) : type;
  return kind === undefined || isKind ? text : `${text} (${kind})`;
}

function defaultText(key: ConfigKey): string {
  if (key.default === undefined) return key.required ? 'required' : '';
  return code(typeof key.default === 'string' ? key.default : JSON.stringify(key.default));
}

function presetTable(): string {
  const rows = Object.entries(opaEnvoyPluginPreset).flatMap(([section, keys]) =>
    Object.entries(keys).map(([name, value]) => {
      const key = configKeys.find((known) => known.name === `${section}.${name}`);
      return [code(`${section}.${name}`), code(String(key?.default)), code(String(value))];
    }),
  );
  return table(['key', 'default', code('compatibility: opa-envoy-plugin')], rows);
}
