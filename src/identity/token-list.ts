import { z } from 'zod';
import { type ConfigProblem, formatKey } from '../config/problem.js';
import { type Locate, validate } from '../config/validate.js';
import type { YamlDocument } from '../config/yaml-document.js';
import { fail, ok, type Result } from '../errors/result.js';

/** What one token stands for. */
export interface TokenOwner {
  readonly subject: string;
  readonly roles: readonly string[];
  /** Seconds since 1970. */
  readonly expiresAt?: number;
}

/** Owners by the SHA-256 of their token, 64 lower-case hexadecimal digits. */
export type TokenList = ReadonlyMap<string, TokenOwner>;

/** Reads the document of a token file; `file` names it in problems. */
export function readTokenList(file: string, document: YamlDocument): Result<TokenList, ConfigProblem[]> {
  const locate: Locate = (path, part) => ({ source: file, ...document.locate(path, part) });
  const valid = validate(tokenListSchema, document.value ?? {}, locate, knownNames);
  if (!valid.ok) return valid;
  const owners = new Map<string, TokenOwner>();
  const problems: ConfigProblem[] = [];
  for (const [index, { sha256, expires_at, ...owner }] of valid.value.tokens.entries()) {
    if (owners.has(sha256)) problems.push(duplicate(['tokens', index, 'sha256'], locate));
    owners.set(sha256, expires_at === undefined ? owner : { ...owner, expiresAt: expires_at });
  }
  return problems.length > 0 ? fail(problems) : ok(owners);
}

/** Subject and roles end up in headers: a control character there would split them. */
const name = z.string().regex(/^[\x21-\x7e\u00a1-\uffff](?:[\x20-\x7e\u00a1-\uffff]*[\x21-\x7e\u00a1-\uffff])?$/, {
  error: 'text without control characters or blanks around it',
});

const role = name.refine((text) => !text.includes(','), 'a role without a comma');

const endHint = 'a date such as 2027-01-31 or 2027-01-31T12:00:00Z';
const end = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], { error: endHint })
  .transform((text) => Date.parse(text) / 1000);

const token = z.strictObject({
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'the SHA-256 of the token, 64 hexadecimal digits')
    .toLowerCase(),
  subject: name,
  roles: z.array(role).default([]),
  expires_at: end.optional(),
});

const tokenListSchema = z.strictObject({ tokens: z.array(token) });

function knownNames(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(tokenListSchema.shape);
  return path.length === 2 ? Object.keys(token.shape) : [];
}

function duplicate(path: readonly PropertyKey[], locate: Locate): ConfigProblem {
  return { code: 'config_invalid', key: formatKey(path), ...locate(path, 'value'), what: 'this token is listed twice' };
}
