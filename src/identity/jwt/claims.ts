import type { Config } from '../../config/schema.js';
import { fail, ok, type Result } from '../../errors/result.js';
import type { JsonObject, JsonValue } from '../../json/json.js';
import type { Identity } from '../identity.js';
import { isPlainText, isRole } from '../plain-text.js';

/** Where in the claims each member of the identity stands: a list of names, one inside the other. */
export type ClaimPaths = Extract<Config['identity']['sources'][number], { kind: 'jwt' }>['claims'];

/**
 * The identity in claims that somebody has vouched for. A claim that is there and has another form than it should is
 * a fault: to pass over the roles that cannot be read would be to guess.
 */
export function readClaims(source: string, claims: JsonObject, paths: ClaimPaths): Result<Identity> {
  const subject = valueAt(claims, paths.subject);
  if (typeof subject !== 'string' || !isPlainText(subject)) return fail('no valid subject');
  const roles = readNames(valueAt(claims, paths.roles));
  const groups = readNames(valueAt(claims, paths.groups));
  if (roles === undefined || groups === undefined) return fail('roles or groups that are no list of names');
  const email = claims['email_verified'] === false ? undefined : plainAt(claims, paths.email);
  const session = plainAt(claims, paths.session);
  const level = plainAt(claims, paths.auth_level);
  const issued = claims['iat'];
  const expires = claims['exp'];
  return ok({
    source,
    subject,
    ...(email !== undefined && { email }),
    roles,
    ...(groups.length > 0 && { groups }),
    claims,
    ...(session !== undefined && { session }),
    ...(level !== undefined && { auth_level: level }),
    ...(typeof issued === 'number' && { issued_at: issued }),
    ...(typeof expires === 'number' && { expires_at: expires }),
  });
}

function valueAt(claims: JsonObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
      return undefined;
    value = (value as JsonObject)[name];
  }
  return value;
}

function plainAt(claims: JsonObject, path: readonly string[]): string | undefined {
  const value = valueAt(claims, path);
  return typeof value === 'string' && isPlainText(value) ? value : undefined;
}

/** A list of names, or names separated by blanks as in `scope`. */
function readNames(value: JsonValue | undefined): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  const names: readonly unknown[] = typeof value === 'string' ? value.split(' ').filter(Boolean) : asList(value);
  return names.every((name) => typeof name === 'string' && isRole(name)) && isListOrText(value)
    ? (names as readonly string[])
    : undefined;
}

function asList(value: JsonValue): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isListOrText(value: JsonValue): boolean {
  return typeof value === 'string' || Array.isArray(value);
}

/** Whether `aud` holds one of the names: it is one text, or a list. */
export function isAudience(audience: JsonValue | undefined, wanted: readonly string[]): boolean {
  const named: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  return named.some((name) => typeof name === 'string' && wanted.includes(name));
}
