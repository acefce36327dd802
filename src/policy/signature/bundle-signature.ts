import { fail, ok, type Result } from '../../errors/result.js';
import type { JsonObject, JsonValue } from '../../json/json.js';
import { parseJson } from '../../json/parse.js';
import type { BundleFile } from '../bundle/bundle.js';
import { isRecord } from '../bundle/merge-data.js';
import { readJws } from './jws.js';

/** Where OPA keeps the signature of a bundle. */
export const signaturesFile = '.signatures.json';

/** One file that a signature vouches for. */
export interface SignedFile {
  readonly name: string;
  /** Hexadecimal digits. */
  readonly hash: string;
  readonly algorithm: string;
}

/** What the payload of a bundle signature says. */
export interface SignedContent {
  readonly files: readonly SignedFile[];
  /** `''` without one. */
  readonly scope: string;
  /** Seconds since 1970. */
  readonly expires: number | undefined;
  readonly notBefore: number | undefined;
}

/** What a signature says of itself, not verified. */
export interface SignatureClaim {
  readonly algorithm: string;
  readonly keyId: string | undefined;
  readonly scope: string;
  readonly files: number;
}

/** The one compact signature of a bundle; `undefined` if it is not signed. OPA takes exactly one too. */
export function findSignature(files: readonly BundleFile[]): Result<string | undefined> {
  const file = files.find(({ path }) => path === signaturesFile);
  if (file === undefined) return ok(undefined);
  const document = parseJson(file.content.toString('utf8'), { duplicateNames: 'refuse' });
  if (!document.ok) return fail(`its ${signaturesFile} is not JSON: ${document.error}`);
  const { plugin, signatures } = isRecord(document.value) ? document.value : {};
  if (plugin !== undefined && plugin !== '' && plugin !== '_default')
    return fail('it is signed by a plugin of OPA, which is not known here');
  const list: readonly JsonValue[] = Array.isArray(signatures) ? signatures : [];
  const [token, surplus] = list;
  if (typeof token !== 'string' || surplus !== undefined) {
    return fail(`its ${signaturesFile} must hold exactly one signature`);
  }
  return ok(token);
}

/** What the signature claims, for showing it only. */
export function readSignatureClaim(files: readonly BundleFile[]): Result<SignatureClaim | undefined> {
  const token = findSignature(files);
  if (!token.ok || token.value === undefined) return token.ok ? ok(undefined) : token;
  const jws = readJws(token.value);
  if (!jws.ok) return jws;
  const { alg, kid } = jws.value.header;
  const content = readSignedContent(jws.value.payload);
  if (!content.ok) return content;
  return ok({
    algorithm: typeof alg === 'string' ? alg : 'none',
    keyId: typeof kid === 'string' ? kid : undefined,
    scope: content.value.scope,
    files: content.value.files.length,
  });
}

/** Reads the payload of a bundle signature. */
export function readSignedContent(payload: JsonObject): Result<SignedContent> {
  const { exp, files, nbf, scope = '' } = payload;
  if (typeof scope !== 'string') return fail('the scope of its signature is not a text');
  if (!isTime(exp) || !isTime(nbf)) return fail('a time in its signature is not a number');
  const list: readonly JsonValue[] = Array.isArray(files) ? files : [];
  const signed = list.map(readSignedFile);
  if (signed.length === 0 || signed.includes(undefined)) return fail('its signature has no list of files');
  const sound = signed.filter((file) => file !== undefined);
  if (new Set(sound.map(({ name }) => name)).size !== sound.length) return fail('its signature names a file twice');
  return ok({ files: sound, scope, expires: exp, notBefore: nbf });
}

function readSignedFile(value: JsonValue): SignedFile | undefined {
  const { algorithm, hash, name } = isRecord(value) ? value : {};
  if (typeof name !== 'string' || typeof hash !== 'string' || typeof algorithm !== 'string') return undefined;
  return { name, hash, algorithm };
}

function isTime(value: JsonValue | undefined): value is number | undefined {
  return value === undefined || typeof value === 'number';
}
