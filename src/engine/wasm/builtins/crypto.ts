import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { type Builtins, builtin, string } from './builtin.js';
import { textToBytes } from './rego/bytes.js';

export const cryptoBuiltins: Builtins = {
  'crypto.md5': hash('md5'),
  'crypto.sha1': hash('sha1'),
  'crypto.sha256': hash('sha256'),
  'crypto.hmac.md5': hmac('md5'),
  'crypto.hmac.sha1': hmac('sha1'),
  'crypto.hmac.sha256': hmac('sha256'),
  'crypto.hmac.sha512': hmac('sha512'),
  'crypto.hmac.equal': builtin([string, string], (a, b) => equalInConstantTime(textToBytes(a), textToBytes(b))),
};

function hash(algorithm: string) {
  return builtin([string], (text) => createHash(algorithm).update(textToBytes(text)).digest('hex'));
}

function hmac(algorithm: string) {
  return builtin([string, string], (message, key) => {
    return createHmac(algorithm, textToBytes(key)).update(textToBytes(message)).digest('hex');
  });
}

/** A comparison that ends at the first difference tells an attacker how much of a MAC was right. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
