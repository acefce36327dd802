import { textToBytes } from '../rego/bytes.js';
import { compareNumbers, numberText } from '../rego/number.js';
import {
  isArray,
  isNumber,
  member,
  optionalMember,
  type RegoNumber,
  type RegoObject,
  type RegoValue,
} from '../rego/rego-value.js';
import type { VerificationKey } from './keys.js';

/** What `io.jwt.decode_verify` holds a token against. Empty strings are constraints not given. */
export interface Constraints {
  readonly trust: { readonly keys: readonly VerificationKey[] } | { readonly secret: Buffer };
  readonly alg: string;
  readonly iss: string;
  readonly aud: string;
  /** Seconds since 1970. */
  readonly seconds: number;
}

const names = new Set(['cert', 'secret', 'alg', 'iss', 'aud', 'time']);

/** Undefined for an unknown constraint, a wrong type, no key, or both kinds of key. */
export function readConstraints(
  given: RegoObject,
  parseKeys: (text: string) => readonly VerificationKey[] | undefined,
  nowNs: () => bigint,
): Constraints | undefined {
  if (!Object.keys(given).every((name) => names.has(name))) return undefined;
  const texts = ['cert', 'secret', 'alg', 'iss', 'aud'].map((name) => optionalMember(given, name));
  if (!texts.every((text) => typeof text === 'string')) return undefined;
  const [cert = '', secret = '', alg = '', iss = '', aud = ''] = texts;
  const hasCert = Object.hasOwn(given, 'cert');
  const keys = hasCert ? parseKeys(cert) : undefined;
  if (hasCert === (secret !== '') || (hasCert && keys === undefined)) return undefined;
  const nanoseconds = readTime(member(given, 'time'), nowNs);
  if (nanoseconds === undefined) return undefined;
  const trust = keys === undefined ? { secret: textToBytes(secret) } : { keys };
  return { trust, alg, iss, aud, seconds: nanoseconds / 1e9 };
}

function readTime(value: RegoValue | undefined, nowNs: () => bigint): number | undefined {
  if (value === undefined) return Number(nowNs());
  if (!isNumber(value)) return undefined;
  const nanoseconds = Number(numberText(value));
  return Number.isFinite(nanoseconds) && nanoseconds >= 0 ? nanoseconds : undefined;
}

/** Whether the claims meet the constraints; undefined where a claim has a type that OPA calls an error. */
export function meetsConstraints(claims: RegoObject, constraints: Constraints): boolean | undefined {
  const [iss, aud, exp, nbf] = ['iss', 'aud', 'exp', 'nbf'].map((name) => member(claims, name));
  if (constraints.iss !== '' && iss !== constraints.iss) {
    return iss === undefined || typeof iss === 'string' ? false : undefined;
  }
  // A token for somebody named is not for whoever did not say who they are (RFC 7519 section 4.1.3).
  if (aud === undefined ? constraints.aud !== '' : !isFor(aud, constraints.aud)) return false;
  if (exp !== undefined && !isNumber(exp)) return undefined;
  if (exp !== undefined && compareTime(constraints, exp) >= 0) return false;
  if (nbf !== undefined && !isNumber(nbf)) return undefined;
  return nbf === undefined || compareTime(constraints, nbf) >= 0;
}

function isFor(claim: RegoValue, audience: string): boolean {
  return claim === audience || (isArray(claim) && claim.includes(audience));
}

function compareTime({ seconds }: Constraints, claim: RegoNumber): number {
  return compareNumbers(seconds, claim);
}
