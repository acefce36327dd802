import { bytesToText } from '../rego/bytes.js';
import { objectOf, type RegoObject, type RegoValue } from '../rego/rego-value.js';
import { decodeBase64Url } from './base64url.js';
import { type Constraints, meetsConstraints } from './constraints.js';
import type { VerificationKey } from './keys.js';
import { type Signed, verifySignature } from './signature.js';
import { decodeHeader, parseObject, readHeader, signedPart, splitToken, type TokenHeader } from './token.js';

/** A token within a token within a token is not what anybody issues, only what somebody tries. */
const maxNesting = 8;

interface Verified {
  readonly header: RegoObject;
  readonly claims: RegoObject;
}

/** `[true, header, claims]`, or `[false, {}, {}]`; undefined for what cannot be decoded. */
export function decodeVerify(text: string, constraints: Constraints): RegoValue | undefined {
  const unverified: RegoValue = [false, objectOf([]), objectOf([])];
  const verified = verifyNested(text, constraints);
  if (verified === undefined) return undefined;
  if (verified === false) return unverified;
  const met = meetsConstraints(verified.claims, constraints);
  if (met === undefined) return undefined;
  return met ? [true, verified.header, verified.claims] : unverified;
}

/** False where a signature does not verify. */
function verifyNested(text: string, constraints: Constraints): Verified | false | undefined {
  let current = text;
  for (let depth = 0; depth < maxNesting; depth++) {
    const token = splitToken(current);
    const header = token === undefined ? undefined : decodeHeader(token);
    const fields = header === undefined ? undefined : readHeader(header);
    if (token === undefined || header === undefined || fields === undefined) return undefined;
    if (!fields.acceptable || (constraints.alg !== '' && constraints.alg !== fields.alg)) return false;
    const signature = decodeBase64Url(token.signature);
    if (signature === undefined) return undefined;
    if (!isTrusted(fields, { data: signedPart(token), signature }, constraints)) return false;
    const payload = decodeBase64Url(token.payload);
    if (payload === undefined) return undefined;
    if (fields.cty.toUpperCase() !== 'JWT') {
      const claims = parseObject(payload);
      return claims === undefined ? undefined : { header, claims };
    }
    current = bytesToText(payload);
  }
  return undefined;
}

function isTrusted({ alg, kid }: TokenHeader, signed: Signed, { trust }: Constraints): boolean {
  const check = (key: VerificationKey['key']) => verifySignature(alg, key, signed, { exactSalt: true });
  if ('secret' in trust) return check(trust.secret);
  const named = kid === '' ? undefined : trust.keys.find((key) => key.kid === kid);
  if (named !== undefined) return check(named.key);
  return trust.keys.some((key) => (key.alg === '' || key.alg === alg) && check(key.key));
}
