import type { PortcullisError } from '../errors/portcullis-error.js';
import type { JsonValue } from '../json/json.js';

/**
 * Whatever evaluates a policy. What it gives is never changed afterwards: an engine may give one object for many equal
 * results, and what is made of one may be kept with it. An engine never throws and never rejects: each way it can fail is
 * an {@link Evaluation}. It may answer at once or by a promise.
 */
export interface Engine {
  /** `opa`, `wasm`, …: a metric label and a field of the decision log. */
  readonly kind: string;
  evaluate(query: Query): Evaluation | Promise<Evaluation>;
  /** The revision that answers now, if one is known. */
  revision(): string | undefined;
  /** Whether a policy is loaded and can be asked. Cheap: read at each health check. */
  ready(): boolean;
  /** Called at each change of {@link ready}; returns a function that ends the subscription. */
  onReadyChange(listener: (ready: boolean) => void): () => void;
  /** Ends everything the engine started. Evaluations under way fail with `engine_closed`. */
  close(): Promise<void>;
}

export interface Query {
  /** The rule that is asked, such as `envoy/authz/allow`. */
  readonly path: string;
  readonly input: InputDocument;
  /** On the clock of `performance.now()`, in milliseconds. */
  readonly deadline: number;
  /** Aborted when Envoy gives up. */
  readonly signal?: Cancellation;
}

/** Of an AbortSignal, which is one, what engines use. */
export interface Cancellation {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once: true }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** The input, as a value and as the JSON text of that value, which is made when first asked for. */
export interface InputDocument {
  readonly value: JsonValue;
  /** UTF-8 JSON text in an ArrayBuffer of exactly its own length. */
  readonly encoded: Uint8Array<ArrayBuffer>;
}

export type Evaluation =
  | {
      readonly kind: 'result';
      readonly result: JsonValue;
      readonly revision?: string | undefined;
      /** The policy was not asked for this check: an evaluation for another one answers it. */
      readonly cached?: true;
    }
  | { readonly kind: 'undefined'; readonly revision?: string | undefined }
  | { readonly kind: 'failed'; readonly error: PortcullisError; readonly revision?: string | undefined };
