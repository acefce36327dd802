/** One header line; the name in lower case, the value decoded from UTF-8. */
export type HeaderLine = readonly [name: string, value: string];

/** What a gateway sent us, before anything in it is understood. */
export interface SubRequest {
  readonly method: string;
  /** As in the request line. */
  readonly target: string;
  /** Every line in order, repeated names apart. */
  readonly headers: readonly HeaderLine[];
  /** Undefined unless the preset passes bodies on. */
  readonly body?: Uint8Array | undefined;
}
