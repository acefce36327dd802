import { ok, type Result } from '../../errors/result.js';
import { decodeUtf8 } from '../../json/decode-utf8.js';
import type { JsonValue } from '../../json/json.js';
import { type RequestRefusal, refuse } from '../input/request-refusal.js';
import { parsePluginJson, parseStrictJson } from './body-json.js';
import { parseMediaType } from './media-type.js';
import { MultipartReader, type Part } from './multipart.js';
import { decodeQuotedPrintable } from './quoted-printable.js';
import { multipartAmbiguity } from './strict-multipart.js';

/** Field name to values in order of the parts; files are fields like any other. */
export type MultipartFields = { readonly [name: string]: readonly JsonValue[] };

/** How the parts are read. */
interface PartRules {
  readonly mostParts: number;
  readonly read: (part: Part) => Result<JsonValue, RequestRefusal>;
  readonly refuseCutOff: boolean;
  /** A part without a name, or with a disposition that cannot be read: a backend may find a field in it. */
  readonly refuseNameless: boolean;
}

const pluginRules: PartRules = {
  mostParts: Number.POSITIVE_INFINITY,
  read: readPluginPart,
  refuseCutOff: false,
  refuseNameless: false,
};
const strictRules: PartRules = { mostParts: 1000, read: readStrictPart, refuseCutOff: true, refuseNameless: true };

/** A `multipart/form-data` body as opa-envoy-plugin reads it. */
export function parsePluginMultipart(body: Uint8Array, boundary: string): Result<MultipartFields, RequestRefusal> {
  return parseParts(new MultipartReader(body, boundary), pluginRules);
}

/** The same with a limit of parts, and without what readers disagree about. */
export function parseStrictMultipart(body: Uint8Array, boundary: string): Result<MultipartFields, RequestRefusal> {
  const fields = parseParts(new MultipartReader(body, boundary), strictRules);
  const ambiguity = fields.ok ? multipartAmbiguity(body, boundary) : undefined;
  return ambiguity === undefined ? fields : refuse('body_invalid', ambiguity);
}

function parseParts(reader: MultipartReader, rules: PartRules): Result<MultipartFields, RequestRefusal> {
  const fields: Record<string, JsonValue[]> = Object.create(null);
  for (let count = 0; ; count += 1) {
    const next = reader.next();
    if (!next.ok) return refuse('body_invalid', next.error);
    if (next.value === undefined) break;
    if (count >= rules.mostParts) return refuse('body_too_complex', 'the multipart body has too many parts');
    const name = fieldName(next.value);
    if (name === '' && rules.refuseNameless) return refuse('body_invalid', 'a part of the multipart body has no name');
    if (name === '') continue;
    const value = rules.read(next.value);
    if (!value.ok) return value;
    const known = fields[name];
    if (known === undefined) fields[name] = [value.value];
    else known.push(value.value);
  }
  return reader.cutOff && rules.refuseCutOff
    ? refuse('body_invalid', 'the multipart body ends in a header')
    : ok(fields);
}

function fieldName(part: Part): string {
  const disposition = parseMediaType(part.headers.get('content-disposition') ?? '');
  return disposition.ok && disposition.value.type === 'form-data'
    ? (disposition.value.parameters.get('name') ?? '')
    : '';
}

function readPluginPart(part: Part): Result<JsonValue, RequestRefusal> {
  let content = part.content;
  if (/^quoted-printable$/i.test(part.headers.get('content-transfer-encoding') ?? '')) {
    const decoded = decodeQuotedPrintable(content, part.unfinished ? 'unexpected EOF' : 'EOF');
    if (!decoded.ok) return refuse('body_invalid', decoded.error);
    content = decoded.value;
  }
  if (part.unfinished) return refuse('body_invalid', 'unexpected EOF');
  const isJson = (part.headers.get('content-type') ?? '').includes('application/json');
  return isJson ? parsePluginJson(content) : ok(decodeUtf8(content));
}

function readStrictPart(part: Part): Result<JsonValue, RequestRefusal> {
  if (part.unfinished) return refuse('body_invalid', 'unexpected EOF');
  // RFC 7578 deprecates transfer encodings, and servers differ in whether they undo them.
  if (!/^(?:7bit|8bit|binary)?$/i.test(part.headers.get('content-transfer-encoding') ?? '')) {
    return refuse('body_invalid', 'a part of the multipart body has a transfer encoding');
  }
  const declared = part.headers.get('content-type');
  if (declared === undefined) return ok(decodeUtf8(part.content));
  const type = parseMediaType(declared);
  if (!type.ok) return refuse('body_invalid', type.error);
  return type.value.type === 'application/json' ? parseStrictJson(part.content) : ok(decodeUtf8(part.content));
}
