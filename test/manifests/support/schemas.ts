import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { withLock } from '../../../scripts/tools/lock.js';
import { lastLine, runCommand } from '../../../scripts/tools/run-command.js';
import { repository } from '../../support/portcullis-server.js';
import { customResources } from './custom-resources.js';
import type { KubernetesObject } from './render.js';

const folder = join(repository, '.tools', 'schemas');
const release = '1.37.0';

/** Takes the definitions, closed against unknown fields, out of the Python package that carries them. */
const unpack = `
import glob, sys, zipfile
folder, release = sys.argv[1:]
[wheel] = glob.glob(folder + "/*.whl")
with zipfile.ZipFile(wheel) as archive:
    sys.stdout.buffer.write(archive.read(
        "kubernetes_validate/kubernetes-json-schema/v" + release + "-local-strict/_definitions.json"))
`;

type Schema = Readonly<Record<string, unknown>>;

/** The schemas of Kubernetes itself, fetched once. */
async function kubernetesDefinitions(): Promise<{ readonly $defs: Readonly<Record<string, Schema>> }> {
  const file = join(folder, `kubernetes-${release}.json`);
  await mkdir(folder, { recursive: true });
  await withLock(`${file}.lock`, async () => {
    if (await exists(file)) return;
    const download = join(folder, `wheel-${process.pid}`);
    const what = ['--no-deps', '--only-binary=:all:', '--dest', download, `kubernetes-validate==${release}`];
    const got = await runCommand('python3', ['-m', 'pip', 'download', '--quiet', ...what]);
    if (got.code !== 0) throw new Error(`the schemas of Kubernetes cannot be had; Python 3 with pip? ${lastLine(got)}`);
    const { code, stdout, stderr } = await runCommand('python3', ['-c', unpack, download, release]);
    if (code !== 0) throw new Error(`unpacking the schemas of Kubernetes: ${stderr}`);
    await writeFile(`${file}.new`, stdout);
    await rename(`${file}.new`, file);
  });
  return JSON.parse(await readFile(file, 'utf8'));
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

const definitions = await kubernetesDefinitions();
/** Patterns are Go's, which may begin with `(?i)`. */
const regExp = Object.assign(
  (pattern: string, flags: string) =>
    new RegExp(pattern.replace('(?i)', ''), pattern.includes('(?i)') ? `${flags}i` : flags),
  { code: 'new RegExp' },
);
const options = { strict: false, validateFormats: false, allErrors: true, code: { regExp } } as const;
const kubernetes = new Ajv2020(options).addSchema(definitions, 'kubernetes');
const custom = new Ajv(options);
const compiled = new Map<string, ValidateFunction>();

/** What is wrong with an object, unknown fields included; nothing if it is as its API says. */
export async function schemaErrors(object: KubernetesObject): Promise<readonly string[]> {
  const title = `${object.apiVersion} ${object.kind}`;
  const validate = compiled.get(title) ?? (await validatorOf(object));
  if (validate === undefined) return [`there is no schema for ${title}`];
  compiled.set(title, validate);
  const errors = validate(object) ? [] : (validate.errors ?? []);
  return errors.map(({ instancePath, message, params }) => `${instancePath}: ${message} ${JSON.stringify(params)}`);
}

async function validatorOf({ apiVersion, kind }: KubernetesObject): Promise<ValidateFunction | undefined> {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const own = Object.entries(definitions.$defs).find(([, schema]) => isOf(schema, { group, version, kind }));
  if (own !== undefined) return kubernetes.compile({ $ref: `kubernetes#/$defs/${own[0]}` });
  const found = await customResources({ group, version, kind });
  return found === undefined ? undefined : custom.compile(found);
}

function isOf(schema: Schema, wanted: { readonly group: string; readonly version: string; readonly kind: string }) {
  const kinds = schema['x-kubernetes-group-version-kind'];
  return (
    Array.isArray(kinds) &&
    kinds.some((one) => one.group === wanted.group && one.version === wanted.version && one.kind === wanted.kind)
  );
}
