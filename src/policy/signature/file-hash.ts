import { createHash } from 'node:crypto';
import { fail, ok, type Result } from '../../errors/result.js';
import { decodeUtf8 } from '../../json/decode-utf8.js';
import type { JsonValue } from '../../json/json.js';
import { parseJson } from '../../json/parse.js';
import type { BundleFile } from '../bundle/bundle.js';
import { canonicalJson } from '../bundle/canonical-json.js';
import { parseDataFile } from '../bundle/parse-data-file.js';

/**
 * OPA's names of hash functions, and Node's. OPA also knows MD5 and SHA-1; for both, two files with
 * one hash can be made, so a signature over one of them would hold for the other.
 */
const algorithms: Readonly<Record<string, string>> = {
  'SHA-224': 'sha224',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
  'SHA-512-224': 'sha512-224',
  'SHA-512-256': 'sha512-256',
};

/** The files that OPA hashes by what they say, not by their bytes. */
const structured = /(?:^|\/)(?:\.manifest|data\.(?:json|ya?ml))$/;

/** The hash of a file in a bundle signature, in hexadecimal digits. */
export function bundleFileHash(file: BundleFile, algorithm = 'SHA-256'): Result<string> {
  const known = Object.hasOwn(algorithms, algorithm) ? algorithms[algorithm] : undefined;
  if (known === undefined) return fail(`${file.path} is hashed by ${JSON.stringify(algorithm)}, which is not accepted`);
  const content = hashedContent(file);
  return content.ok ? ok(createHash(known).update(content.value).digest('hex')) : content;
}

/** A structured file is hashed as the value that the reader of the bundle gets, so that what is verified is what is used. */
function hashedContent(file: BundleFile): Result<string | Buffer> {
  if (!structured.test(file.path)) return ok(file.content);
  const value = file.path.endsWith('.manifest') ? parseText(file) : parseDataFile(file);
  return value.ok ? ok(canonicalJson(value.value)) : value;
}

function parseText(file: BundleFile): Result<JsonValue> {
  const value = parseJson(decodeUtf8(file.content));
  return value.ok ? value : fail(`${file.path}: ${value.error}`);
}
