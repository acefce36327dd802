import type { Config } from '../../config/schema.js';
import { ok, type Result } from '../../errors/result.js';
import { decodeUtf8 } from '../../json/decode-utf8.js';
import { percentDecode } from './percent.js';
import { type RequestRefusal, refuse } from './request-refusal.js';
import { parseStrictPath } from './strict-path.js';

export type PathOptions = Pick<Config['input'], 'path_parsing' | 'encoded_slashes'>;

/** The path of a request target, up to the first question mark, and what stands behind it. */
export interface Target {
  readonly path: string;
  readonly query: string;
}

/** Cuts a request target as Envoy hands it over: its `query` field is always empty. */
export function splitTarget(target: string): Target {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** The decoded segments of a request target's path; never an empty list. */
export function parsePath(target: string, options: PathOptions): Result<readonly string[], RequestRefusal> {
  return options.path_parsing === 'strict'
    ? parseStrictPath(target, options.encoded_slashes)
    : parsePluginPath(splitTarget(target).path);
}

/**
 * The way of opa-envoy-plugin: decode the whole path, drop every leading slash, split. An encoded slash
 * separates and dot segments stay, which is why this is not the default.
 */
function parsePluginPath(path: string): Result<readonly string[], RequestRefusal> {
  if (!path.includes('%')) return ok(splitTrimmed(path));
  const decoded = percentDecode(path, 'literal');
  return decoded.ok ? ok(splitTrimmed(decodeUtf8(decoded.value))) : refuse('path_bad_escape', decoded.error);
}

function splitTrimmed(path: string): readonly string[] {
  return path.replace(/^\/+/, '').split('/');
}
