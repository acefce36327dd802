import type { Engine, Evaluation, InputDocument } from '../../../src/engine/engine.js';
import type { JsonValue } from '../../../src/json/json.js';

export function document(value: unknown): InputDocument {
  const text = JSON.stringify(value);
  return { ...rawDocument(text), value: JSON.parse(text) as JsonValue };
}

/** An input whose text need not be JSON. */
export function rawDocument(text: string): InputDocument {
  return { value: null, encoded: Uint8Array.from(Buffer.from(text)) };
}

export interface Circumstances {
  /** Milliseconds from now. */
  readonly within?: number;
  readonly signal?: AbortSignal;
}

/** Asks an engine, with plenty of time unless told otherwise. */
export async function ask(
  engine: Engine,
  path: string,
  input: unknown,
  { signal, within = 10_000 }: Circumstances = {},
): Promise<Evaluation> {
  const deadline = performance.now() + within;
  return engine.evaluate({ path, input: document(input), deadline, ...(signal && { signal }) });
}

/** The code of a failed evaluation; else what it was instead. */
export function codeOf(evaluation: Evaluation): string {
  return evaluation.kind === 'failed' ? evaluation.error.code : `not failed: ${JSON.stringify(evaluation)}`;
}
