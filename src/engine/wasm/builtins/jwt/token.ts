import { parseJsonBytes } from '../../../../json/parse.js';
import { textToBytes } from '../rego/bytes.js';
import { isArray, isObject, member, optionalMember, type RegoObject } from '../rego/rego-value.js';
import { decodeBase64Url } from './base64url.js';

/** The three parts of a JWS in compact form, still encoded. */
export interface Token {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}

/** What of a header the checks look at. Absent strings are empty, as in OPA. */
export interface TokenHeader {
  readonly alg: string;
  readonly kid: string;
  readonly cty: string;
  /** Whether RFC 7515 lets the token be accepted: `alg` is there and `crit` names nothing unknown. */
  readonly acceptable: boolean;
}

export function splitToken(text: string): Token | undefined {
  const parts = text.split('.');
  if (parts.length !== 3) return undefined;
  const [header = '', payload = '', signature = ''] = parts;
  return { header, payload, signature };
}

/** The bytes that are signed. */
export function signedPart({ header, payload }: Token): Buffer {
  return textToBytes(`${header}.${payload}`);
}

/** Claims are a client's: nesting must not exhaust the stack of what handles them afterwards. */
const maxDepth = 1000;

export function parseObject(json: Uint8Array | undefined): RegoObject | undefined {
  const parsed = json === undefined ? undefined : parseJsonBytes(json, { maxDepth });
  return parsed?.ok && isObject(parsed.value) ? parsed.value : undefined;
}

/** Undefined for an encrypted token (JWE), which nothing here can read. */
export function decodeHeader(token: Token): RegoObject | undefined {
  const header = parseObject(decodeBase64Url(token.header));
  return header === undefined || Object.hasOwn(header, 'enc') ? undefined : header;
}

const known = new Set(['alg', 'kid', 'typ', 'cty', 'crit']);

export function readHeader(header: RegoObject): TokenHeader | undefined {
  const [alg, kid, typ, cty] = ['alg', 'kid', 'typ', 'cty'].map((name) => optionalMember(header, name));
  if (typeof alg !== 'string' || typeof kid !== 'string' || typeof typ !== 'string' || typeof cty !== 'string') {
    return undefined;
  }
  const critical = readCritical(header);
  if (critical === undefined) return undefined;
  const unknown = critical.some((name) => !known.has(name) && Object.hasOwn(header, name));
  return { alg, kid, cty, acceptable: alg !== '' && !unknown };
}

function readCritical(header: RegoObject): readonly string[] | undefined {
  const crit = member(header, 'crit');
  if (crit === undefined) return [];
  if (!isArray(crit)) return undefined;
  const end = crit.findIndex((name) => typeof name !== 'string');
  const names = (end === -1 ? crit : crit.slice(0, end)) as readonly string[];
  return names.length === 0 ? undefined : names;
}
