import type { Config } from '../../config/schema.js';
import { ok, type Result } from '../../errors/result.js';
import type { JsonObject, JsonValue } from '../../json/json.js';
import { readAllow } from './decision-allow.js';
import { readCacheMaxAge } from './decision-cache.js';
import { type DecisionFault, faulty, isObject, type MutationFault } from './decision-fault.js';
import { type HeaderEdit, readHeaders } from './decision-headers.js';
import { readMetadata } from './decision-metadata.js';
import { readDenial } from './denial.js';

/** The `decision` section of the configuration. */
export type DecisionOptions = Config['decision'];

/** The validated outcome of a check. */
export type Decision = AllowDecision | DenyDecision;

export interface AnyDecision {
  /** The policy returned a bare boolean. */
  readonly plain: boolean;
  readonly metadata: JsonObject;
  /** For the log only; it never leaves the process. */
  readonly reason?: string;
  /** Seconds: a cache may keep the decision as long, or shorter. Absent: as the cache is configured. */
  readonly cacheMaxAge?: number;
  /** What was left out of what the policy wanted; always empty with `mutations: refuse`. */
  readonly dropped: readonly MutationFault[];
}

export interface AllowDecision extends AnyDecision {
  readonly kind: 'allow';
  readonly headers: readonly HeaderEdit[];
  readonly headersToRemove: readonly string[];
  readonly responseHeaders: readonly HeaderEdit[];
  /** Not yet percent-encoded. */
  readonly queryToSet: readonly { readonly name: string; readonly value: string }[];
  readonly queryToRemove: readonly string[];
}

export interface DenyDecision extends AnyDecision {
  readonly kind: 'deny';
  /** Absent: 401 or 403, as the caller is known or not. */
  readonly status?: number;
  readonly headers: readonly HeaderEdit[];
  readonly body: string;
}

const noMetadata: JsonObject = Object.freeze(Object.create(null));

const plainAllow: AllowDecision = {
  kind: 'allow',
  plain: true,
  metadata: noMetadata,
  headers: [],
  headersToRemove: [],
  responseHeaders: [],
  queryToSet: [],
  queryToRemove: [],
  dropped: [],
};

const plainDeny: DenyDecision = { kind: 'deny', plain: true, metadata: noMetadata, headers: [], body: '', dropped: [] };

const longestReason = 1000;

/**
 * Makes a decision of what the policy returned. Only a boolean `true`, bare or as `allowed`, allows
 * whatever is malformed is a fault, and a fault never allows.
 */
export function readDecision(result: JsonValue, options: DecisionOptions): Result<Decision, DecisionFault> {
  if (result === true) return ok(plainAllow);
  if (result === false) return ok(plainDeny);
  if (!isObject(result)) return faulty('shape', 'the result is neither a boolean nor an object');
  const allowed = readAllowed(result, options.allow_alias);
  if (!allowed.ok) return allowed;
  const headers = readHeaders(result, 'headers');
  if (!headers.ok) return headers;
  const metadata = readMetadata(result['dynamic_metadata']);
  if (!metadata.ok) return metadata;
  const cacheMaxAge = readCacheMaxAge(result['cache_max_age']);
  if (!cacheMaxAge.ok) return cacheMaxAge;
  const common = {
    plain: false,
    headers: headers.value,
    metadata: metadata.value,
    dropped: [],
    ...readReason(result['reason']),
    ...(cacheMaxAge.value !== undefined && { cacheMaxAge: cacheMaxAge.value }),
  };
  return allowed.value ? readAllow(result, common, options) : readDenial(result, common, options);
}

function readAllowed(result: JsonObject, alias: boolean): Result<boolean, DecisionFault> {
  const { allowed } = result;
  const allow = alias ? result['allow'] : undefined;
  if (allowed !== undefined && allow !== undefined && allowed !== allow) {
    return faulty('shape', '`allowed` and `allow` contradict each other');
  }
  const value = allowed ?? allow;
  if (typeof value === 'boolean') return ok(value);
  return faulty('shape', value === undefined ? 'the result has no `allowed`' : '`allowed` is not a boolean');
}

function readReason(value: JsonValue | undefined): { readonly reason?: string } {
  return typeof value === 'string' ? { reason: value.slice(0, longestReason) } : {};
}
