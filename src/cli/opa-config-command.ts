import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig } from '../config/load.js';
import { parseOpaUrl } from '../config/opa-url.js';
import { formatProblems } from '../config/problem.js';
import type { Config } from '../config/schema.js';
import { fail, ok, type Result } from '../errors/result.js';
import type { CommandIo } from './command-io.js';
import { opaAuthorization } from './opa-config/opa-authorization.js';
import { opaConfig, type s3Credentials } from './opa-config/opa-config.js';

export interface OpaConfigArguments {
  readonly command: 'opa-config';
  readonly file: string | undefined;
  /** The folder that is written to. */
  readonly output: string;
  readonly s3Credentials: (typeof s3Credentials)[number];
}

/** `portcullis opa-config -o DIR`: writes what the OPA beside this Portcullis needs, and prints how to start it. */
export async function opaConfigCommand(args: OpaConfigArguments, io: CommandIo): Promise<number> {
  const loaded = await loadConfig({ file: args.file, env: io.env });
  if (!loaded.ok) {
    io.stderr(`${formatProblems(loaded.error)}\n`);
    return 2;
  }
  const written = await write(loaded.value.config, args, io);
  if (written.ok) return 0;
  io.stderr(`portcullis opa-config: ${written.error}\n`);
  return 1;
}

async function write(config: Config, { output, s3Credentials }: OpaConfigArguments, io: CommandIo) {
  const { bundles, engine } = config;
  if (bundles.discovery !== undefined)
    return fail('bundles.discovery is for the embedded engine; an OPA has discovery of its own');
  if (bundles.sources.length === 0) return fail('bundles.sources names no bundle that OPA could serve');
  try {
    const key = bundles.verification && (await readFile(bundles.verification.key, 'utf8'));
    const region = io.env['AWS_REGION'] ?? 'us-east-1';
    const document = opaConfig(config, { s3Credentials, verificationKey: key, region });
    if (!document.ok) return document;
    const token = engine.opa.token && (await readFile(engine.opa.token.file, 'utf8')).trim();
    const hash = token === undefined ? undefined : createHash('sha256').update(token).digest('hex');
    const paths = engine.paths.map(({ path }) => path);
    const [opaFile, authorizationFile] = [join(output, 'opa.yaml'), join(output, 'authz.rego')];
    await mkdir(output, { recursive: true });
    // The key of an HS algorithm is a secret, and it stands in the file.
    await writeFile(opaFile, stringify(document.value), { mode: 0o600 });
    await writeFile(authorizationFile, opaAuthorization(paths, hash));
    for (const { name, store } of bundles.sources) {
      if (/^(?:file:|\.{0,2}\/)/.test(store)) {
        io.stderr(`warning: OPA reads ${name} from the folder once, at its start, and does not follow changes\n`);
      }
    }
    return startLine(engine.opa.url, token !== undefined, opaFile, authorizationFile, io);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function startLine(
  url: string,
  hasToken: boolean,
  opaFile: string,
  authorizationFile: string,
  io: CommandIo,
): Result<undefined> {
  const parsed = parseOpaUrl(url);
  if (!parsed.ok) return parsed;
  // The path of a Unix socket, or host and port: OPA listens where Portcullis asks.
  const address = parsed.value.kind === 'unix' ? url : new URL(url).host;
  const authentication = hasToken ? '--authentication=token ' : '';
  io.stdout(
    `opa run --server --addr ${address} ${authentication}--authorization=basic --config-file ${opaFile} ${authorizationFile}\n`,
  );
  return ok(undefined);
}
