import type { JsonObject } from '../json/json.js';

/** Data that policies see and that no bundle holds, in one piece. */
export interface DataSnapshot {
  readonly data: JsonObject;
  /** When the oldest of it was true, in milliseconds since 1970; undefined while some of it is missing. */
  readonly observedAt: number | undefined;
}

/** Where such data comes from, and who wants to know how it fared. */
export interface ExternalData {
  snapshot(): DataSnapshot;
  /** Returns a function that ends the subscription. */
  onChange(listener: () => void): () => void;
  /** From now on the policy sees this snapshot. */
  applied(snapshot: DataSnapshot): void;
  /** The policy goes on with what it saw before. */
  refused(error: unknown): void;
}
