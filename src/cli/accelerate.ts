import type { Config } from '../config/schema.js';
import type { CacheOutcome } from '../engine/cached/cache-options.js';
import { createCachedEngine } from '../engine/cached/cached-engine.js';
import type { Engine } from '../engine/engine.js';
import type { ExternalData } from '../engine/external-data.js';
import type { BatchOptions } from '../engine/opa/opa-batcher.js';
import type { ProjectionOf } from '../engine/opa/projection.js';
import type { PolicyReads } from '../policy/plan/policy-reads.js';
import { momentaryBuiltins } from '../policy/plan/pure-builtins.js';

/** Where an engine tells what befell it. */
export interface EngineNotes {
  cache(outcome: CacheOutcome): void;
  warn(message: string): void;
  /** What policies see besides their bundle. */
  readonly data?: ExternalData | undefined;
}

/** Milliseconds after which OPA must have told its revision again before a decision is given from the cache. */
const recheckRevision = 1000;

/**
 * Puts the configured cache before an engine.
 *
 * @param reads what the policy reads; asked for each evaluation, since that of an OPA may change
 */
export function withCache(
  engine: Engine,
  { cache, kind, paths }: Config['engine'],
  reads: () => PolicyReads | undefined,
  notes: EngineNotes,
): Engine {
  if (!cache.enabled) return engine;
  for (const { path } of paths) {
    const why = whyNotKept(reads(), path);
    if (why !== undefined) notes.warn(`engine.cache: decisions of ${path} are not kept: ${why}`);
  }
  return createCachedEngine(engine, {
    maxEntries: cache.max_entries,
    maxBytes: cache.max_size,
    maxAge: cache.max_age,
    readSet: (path, revision) => readsOf(reads(), kind, revision)?.readSets.get(path),
    recheckRevision: kind === 'opa' ? recheckRevision : undefined,
    count: notes.cache,
    onDisagreement: (path) =>
      notes.warn(
        `engine.cache: ${path} gave another decision than the one kept, so nothing is kept any more; is the plan in the bundle that of its policy?`,
      ),
  });
}

/** Undefined if queries are not batched. */
export function batchOptions(
  { opa: { batch } }: Config['engine'],
  reads: () => PolicyReads | undefined,
  notes: EngineNotes,
): BatchOptions | undefined {
  if (batch.max_size === 1) return undefined;
  return {
    maxSize: batch.max_size,
    inFlight: batch.in_flight,
    mayBatch: (path, revision) => {
      const readSet = readsOf(reads(), 'opa', revision)?.readSets.get(path);
      return readSet?.impure.every((builtin) => momentaryBuiltins.has(builtin)) ?? false;
    },
    onRefused: (reason) => notes.warn(`engine.opa.batch: ${reason} to /v1/query; checks are asked one by one`),
  };
}

/** Undefined if OPA is sent everything. */
export function projectionOf(
  { opa, paths }: Config['engine'],
  reads: () => PolicyReads | undefined,
  notes: EngineNotes,
): ProjectionOf | undefined {
  if (!opa.projection) return undefined;
  for (const { path } of paths) {
    const why = whyWhole(reads(), path);
    if (why !== undefined) notes.warn(`engine.opa.projection: the input of ${path} is sent whole: ${why}`);
  }
  return (path, revision) => {
    const known = readsOf(reads(), 'opa', revision);
    const readSet = known?.readSets.get(path);
    if (readSet === undefined || revision === undefined || !known?.fitsRules || readSet.input.whole) return undefined;
    return { reads: readSet.input, revision };
  };
}

function whyWhole(reads: PolicyReads | undefined, path: string): string | undefined {
  const readSet = reads?.readSets.get(path);
  if (readSet === undefined) return reads?.gaps.get(path) ?? 'nothing tells what the policy reads';
  if (reads?.revision === undefined) return 'the bundle has no revision';
  if (!reads.fitsRules)
    return 'the bundle does not say that its plan is that of its rules; `portcullis bundle build` says it';
  return readSet.input.whole ? 'the policy can read all of it' : undefined;
}

/** What the bundle says holds only for the revision it has: OPA may have another one by now, or several bundles. */
function readsOf(
  reads: PolicyReads | undefined,
  kind: Config['engine']['kind'],
  revision: string | undefined,
): PolicyReads | undefined {
  if (kind === 'wasm') return reads;
  return revision !== undefined && reads?.revision === revision ? reads : undefined;
}

function whyNotKept(reads: PolicyReads | undefined, path: string): string | undefined {
  const readSet = reads?.readSets.get(path);
  if (readSet === undefined) return reads?.gaps.get(path) ?? 'nothing tells what the policy reads';
  return readSet.impure.length === 0 ? undefined : `they depend on ${readSet.impure.join(', ')}`;
}
