import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { readYaml } from '../../../src/config/load.js';
import type { ConfigProblem } from '../../../src/config/problem.js';
import { validate } from '../../../src/config/validate.js';
import { ok, type Result } from '../../../src/errors/result.js';

/** A key of the HMAC that turns a token into the name of its Redis key. */
export interface SessionKey {
  readonly id: string;
  readonly secret: Buffer;
}

const leastBytes = 32;

const secret = z
  .base64('base64')
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((bytes) => bytes.length >= leastBytes, `at least ${leastBytes} bytes in base64`);

const keyFile = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, 'letters, digits, - and _'),
        secret_base64: secret,
      }),
    )
    .min(1)
    .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, 'ids that differ'),
});

/** Reads `keys: [{ id, secret_base64 }]`: the first key writes, all read. No secret is repeated in a problem. */
export async function readKeyFile(file: string): Promise<Result<readonly SessionKey[], ConfigProblem[]>> {
  const document = await readYaml(file, (path) => readFile(path, 'utf8'));
  if (!document.ok) return document;
  const locate = (path: readonly PropertyKey[], part: 'key' | 'value') => ({
    source: file,
    ...document.value.locate(path, part),
  });
  const valid = validate(keyFile, document.value.value, locate, () => ['keys', 'id', 'secret_base64']);
  if (!valid.ok) return valid;
  return ok(valid.value.keys.map(({ id, secret_base64 }) => ({ id, secret: secret_base64 })));
}
