import { fail, ok, type Result } from '../../errors/result.js';
import type { Identity } from '../identity.js';
import { isPlainText, isRole } from '../plain-text.js';
import type { RedisHash } from './redis-store.js';

/** Reads the hash of a session as docs/session-format.md has it. What is not in that form is no session. */
export function readSession(source: string, hash: RedisHash): Result<Identity & { readonly expires_at: number }> {
  const subject = text(hash, 'subject');
  const email = text(hash, 'email');
  const session = text(hash, 'session');
  const roles = texts(hash, 'roles');
  const issued = seconds(hash, 'created_at');
  const expires = seconds(hash, 'expires_at');
  const level = Object.hasOwn(hash, 'auth_level') ? text(hash, 'auth_level') : ok(undefined);
  if (!subject.ok) return subject;
  if (!email.ok) return email;
  if (!session.ok) return session;
  if (!roles.ok) return roles;
  if (!issued.ok) return issued;
  if (!expires.ok) return expires;
  if (!level.ok) return level;
  return ok({
    source,
    subject: subject.value,
    email: email.value,
    roles: roles.value,
    session: session.value,
    ...(level.value !== undefined && { auth_level: level.value }),
    issued_at: issued.value,
    expires_at: expires.value,
  });
}

export function text(hash: RedisHash, name: string): Result<string> {
  const value = Object.hasOwn(hash, name) ? hash[name] : undefined;
  return value !== undefined && isPlainText(value) ? ok(value) : fail(`no valid ${name}`);
}

export function seconds(hash: RedisHash, name: string): Result<number> {
  const value = Object.hasOwn(hash, name) ? (hash[name] ?? '') : '';
  return /^\d{1,12}$/.test(value) ? ok(Number(value)) : fail(`no valid ${name}`);
}

export function texts(hash: RedisHash, name: string): Result<readonly string[]> {
  const value = parse(Object.hasOwn(hash, name) ? (hash[name] ?? '') : '');
  const valid = Array.isArray(value) && value.every((item) => typeof item === 'string' && isRole(item));
  return valid ? ok(value) : fail(`no valid ${name}`);
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
