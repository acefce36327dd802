/** A policy in the forms that the contenders need; both hold the same rules and data. */
export interface Policy {
  /** Path of a bundle with a WebAssembly module. */
  wasmBundle(): Promise<string>;
  /** Path of a bundle for OPA. */
  regoBundle(): Promise<string>;
}

/** What is asked: a policy and the checks that are sent in turn. */
export interface Workload {
  readonly id: string;
  readonly title: string;
  readonly policy: Policy;
  /** Encoded CheckRequests. */
  messages(): Promise<readonly Buffer[]>;
  /** The file with the requests for the load program. */
  requestFile(): Promise<string>;
}
