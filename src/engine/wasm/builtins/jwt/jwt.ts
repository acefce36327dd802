import { type Builtin, type BuiltinContext, type Builtins, builtin, object, string } from '../builtin.js';
import { bytesToText, textToBytes } from '../rego/bytes.js';
import { member, type RegoValue } from '../rego/rego-value.js';
import { decodeBase64Url } from './base64url.js';
import { readConstraints } from './constraints.js';
import { decodeVerify } from './decode-verify.js';
import { parseKeys, type VerificationKey } from './keys.js';
import { type Signed, verifyHmac, verifySignature } from './signature.js';
import { decodeHeader, parseObject, readHeader, signedPart, splitToken } from './token.js';

/** Policies verify against few keys; parsing a certificate costs more than a verification. */
const maxCachedKeys = 100;
const maxNesting = 8;

type KeyReader = (text: string) => readonly VerificationKey[] | undefined;

export function jwtBuiltins(context: BuiltinContext): Builtins {
  const readKeys = cachedKeys();
  const builtins: Record<string, Builtin> = {
    'io.jwt.decode': builtin([string], (text) => decode(text, maxNesting)),
    'io.jwt.decode_verify': builtin([string, object], (text, given) => {
      const constraints = readConstraints(given, readKeys, () => context.nowNs());
      return constraints === undefined ? undefined : decodeVerify(text, constraints);
    }),
    'io.jwt.verify_eddsa': verifyWithKeys('EdDSA', readKeys),
  };
  for (const size of ['256', '384', '512']) {
    for (const family of ['RS', 'PS', 'ES']) {
      builtins[`io.jwt.verify_${family.toLowerCase()}${size}`] = verifyWithKeys(family + size, readKeys);
    }
    builtins[`io.jwt.verify_hs${size}`] = verifyWithSecret(`sha${size}`);
  }
  return builtins;
}

function cachedKeys(): KeyReader {
  const cache = new Map<string, readonly VerificationKey[]>();
  return (text) => {
    const cached = cache.get(text);
    if (cached !== undefined) return cached;
    const keys = parseKeys(text);
    if (keys === undefined) return undefined;
    const [oldest] = cache.keys();
    if (cache.size >= maxCachedKeys && oldest !== undefined) cache.delete(oldest);
    cache.set(text, keys);
    return keys;
  };
}

/** Verifies nothing: what it returns is what a client claims. */
function decode(text: string, nesting: number): RegoValue | undefined {
  const token = splitToken(text);
  const header = token === undefined ? undefined : decodeHeader(token);
  const payload = token === undefined ? undefined : decodeBase64Url(token.payload);
  if (token === undefined || header === undefined || payload === undefined) return undefined;
  const contentType = member(header, 'cty');
  if (contentType !== undefined && typeof contentType !== 'string') return undefined;
  if (contentType === 'JWT') {
    return nesting === 0 ? undefined : decode(bytesToText(payload).replace(/^["']+|["']+$/g, ''), nesting - 1);
  }
  const claims = parseObject(payload);
  const signature = decodeBase64Url(token.signature);
  return claims === undefined || signature === undefined ? undefined : [header, claims, signature.toString('hex')];
}

function verifyWithSecret(digest: string): Builtin {
  return builtin([string, string], (text, secret) => {
    const token = splitToken(text);
    const signature = token === undefined ? undefined : decodeBase64Url(token.signature);
    if (token === undefined || signature === undefined) return undefined;
    return verifyHmac(digest, textToBytes(secret), signedPart(token), signature);
  });
}

/** The name of the built-in decides the algorithm; the token's own `alg` only picks among keys that name one. */
function verifyWithKeys(alg: string, readKeys: KeyReader): Builtin {
  return builtin([string, string], (text, source) => {
    const token = splitToken(text);
    const keys = readKeys(source);
    const signature = token === undefined ? undefined : decodeBase64Url(token.signature);
    const header = token === undefined ? undefined : decodeHeader(token);
    const fields = header === undefined ? undefined : readHeader(header);
    if (token === undefined || keys === undefined || signature === undefined || fields === undefined) return undefined;
    const signed: Signed = { data: signedPart(token), signature };
    const check = ({ key, fromPrivate }: VerificationKey) =>
      !fromPrivate && verifySignature(alg, key, signed, { exactSalt: false });
    const named = fields.kid === '' ? undefined : keys.find(({ kid }) => kid === fields.kid);
    if (named !== undefined) return check(named);
    return keys.some((key) => (key.alg === '' || key.alg === fields.alg) && check(key));
  });
}
