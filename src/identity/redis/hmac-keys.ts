import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { type ConfigProblem, formatKey } from '../../config/problem.js';
import { type Locate, validate } from '../../config/validate.js';
import type { YamlDocument } from '../../config/yaml-document.js';
import { fail, ok, type Result } from '../../errors/result.js';

/** A key of the HMAC under which tokens stand in Redis. */
export interface HmacKey {
  readonly id: string;
  readonly secret: Buffer;
}

const shortest = 32;

const secret = z
  .string('the secret in base64')
  .regex(/^[A-Za-z0-9+/]+={0,2}$/, 'the secret in base64')
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((bytes) => bytes.length >= shortest, `at least ${shortest} bytes, such as \`openssl rand -base64 32\` gives`);

const key = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, '1 to 32 letters, digits, _ and -'),
  secret_base64: secret,
});

const keyList = z.strictObject({ keys: z.array(key).min(1, 'at least one key') });

/** Reads the document of a key file; `file` names it in problems, which never show a secret. */
export function readHmacKeys(file: string, document: YamlDocument): Result<readonly HmacKey[], ConfigProblem[]> {
  const locate: Locate = (path, part) => ({ source: file, ...document.locate(path, part) });
  const valid = validate(keyList, document.value ?? {}, locate, knownNames);
  if (!valid.ok) return valid;
  const keys = valid.value.keys.map(({ id, secret_base64 }) => ({ id, secret: secret_base64 }));
  const ids = keys.map(({ id }) => id);
  const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  if (twice < 0) return ok(keys);
  const path = ['keys', twice, 'id'];
  return fail([
    { code: 'config_invalid', key: formatKey(path), ...locate(path, 'value'), what: 'another key has this id' },
  ]);
}

function knownNames(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(keyList.shape);
  return path.length === 2 ? Object.keys(key.shape) : [];
}

/** The names in Redis under which a token may stand: one for each key, that of the newest first. */
export function hmacNames(prefix: string, token: string, keys: readonly HmacKey[]): readonly string[] {
  return keys.map(
    ({ id, secret: bytes }) => `${prefix}:${id}:${createHmac('sha256', bytes).update(token).digest('hex')}`,
  );
}
