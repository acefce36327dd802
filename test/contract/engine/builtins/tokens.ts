import { constants, createHmac, type KeyObject, sign } from 'node:crypto';

/** A JWS in compact form. `header` and `payload` may be given as text, to be malformed. */
export function signToken(
  header: object | string,
  payload: object | string,
  key: KeyObject | string,
  alg: string,
): string {
  const part = (value: object | string) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const signed = `${part(header)}.${part(payload)}`;
  return `${signed}.${signatureOf(Buffer.from(signed), key, alg).toString('base64url')}`;
}

function signatureOf(data: Buffer, key: KeyObject | string, alg: string): Buffer {
  const digest = `sha${alg.slice(2)}`;
  if (typeof key === 'string') return createHmac(digest, key).update(data).digest();
  if (alg === 'EdDSA') return sign(null, data, key);
  if (alg.startsWith('ES')) return sign(digest, data, { key, dsaEncoding: 'ieee-p1363' });
  if (alg.startsWith('RS')) return sign(digest, data, key);
  return sign(digest, data, {
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  });
}

/** The same PSS signature with a salt that RFC 7518 does not allow. */
export function signWithShortSalt(header: object, payload: object, key: KeyObject): string {
  const signed = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(signed), {
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 8,
  });
  return `${signed}.${signature.toString('base64url')}`;
}
