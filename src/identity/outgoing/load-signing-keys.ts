import { readFile as readFileFromDisk } from 'node:fs/promises';
import type { JSONWebKeySet } from 'jose';
import type { ReadFile } from '../../config/load.js';
import type { ConfigProblem } from '../../config/problem.js';
import type { Config } from '../../config/schema.js';
import { fail, ok, type Result } from '../../errors/result.js';
import { readSecret } from '../read-secret.js';
import { type PublicJwk, readSigningKey, type SigningKey } from './signing-key.js';

/** Reads the keys of the internal token; none without one. */
export async function loadSigningKeys(
  { forward }: Pick<Config['identity'], 'forward'>,
  readFile: ReadFile = (path) => readFileFromDisk(path, 'utf8'),
): Promise<Result<readonly SigningKey[], ConfigProblem[]>> {
  const keys: SigningKey[] = [];
  for (const { file } of forward.token?.keys ?? []) {
    const pem = await readSecret(file, readFile);
    if (!pem.ok) return pem;
    const key = await readSigningKey(pem.value);
    if (!key.ok) return fail([{ code: 'config_invalid', source: file, what: key.error }]);
    keys.push(key.value);
  }
  return ok(keys);
}

/** The document of the public keys (RFC 7517), as backends fetch it; undefined without any. */
export function publicKeySet(keys: readonly PublicJwk[]): JSONWebKeySet | undefined {
  // Two keys of one id would leave a verifier in doubt.
  return keys.length === 0 ? undefined : { keys: [...new Map(keys.map((key) => [key.kid, key])).values()] };
}
