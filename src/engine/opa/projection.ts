import type { InputReads } from '../../policy/plan/input-reads.js';
import { encodeRead } from '../encode-read.js';
import type { Evaluation, InputDocument } from '../engine.js';

/** What OPA is sent of an input, by the plan of the one revision that may answer it. */
export interface Projection {
  readonly reads: InputReads;
  readonly revision: string;
}

/**
 * Tells what a rule reads of its input, where OPA serves a revision whose plan is known. Asked with the revision that
 * answered last.
 */
export type ProjectionOf = (path: string, revision: string | undefined) => Projection | undefined;

/** The text of an input as it is sent. Of one that is sent whole, the bytes, which are made only once. */
export function sentText(input: InputDocument, projection: Projection | undefined): string | Uint8Array {
  return projection === undefined ? input.encoded : encodeRead(input.value, projection.reads);
}

/**
 * Whether an evaluation holds although OPA saw only a part of the input. A failure does not: it does not tell which
 * policy it is of, and OPA may have another one by now that reads more.
 */
export function holdsFor(evaluation: Evaluation, projection: Projection | undefined): boolean {
  if (projection === undefined) return true;
  return evaluation.kind !== 'failed' && evaluation.revision === projection.revision;
}
