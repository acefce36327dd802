/** Where we answer otherwise than opa-envoy-plugin in its own mode, and why. Reviewed by hand; every entry must be needed. */
export const peerDifferences: readonly PeerDifference[] = [
  { name: 'headers {"X-Upper":"v"} allowed true', ours: 'lower-case', why: 'HTTP/2 names are in lower case' },
  { name: 'headers {"X-Upper":"v"} allowed false', ours: 'lower-case', why: 'HTTP/2 names are in lower case' },
  { name: 'headers {"":"v"} allowed true', ours: 'fault', why: 'a header without a name' },
  { name: 'headers {"a":"x\\r\\ny: z"} allowed true', ours: 'fault', why: 'CR LF begins another header' },
  { name: 'headers {"x y":"v"} allowed true', ours: 'fault', why: 'a name that is no token' },
  { name: 'headers {"content-length":"5"} allowed true', ours: 'fault', why: 'changes the framing of the request' },
  { name: 'headers {"content-length":"5"} allowed false', ours: 'fault', why: 'changes the framing of the response' },
  { name: 'headers {":path":"/x"} allowed false', ours: 'fault', why: 'a pseudo header' },
  { name: 'headers {"host":"evil"} allowed false', ours: 'fault', why: 'a header that routes' },
  { name: 'request_headers_to_remove ["A",":path"] allowed true', ours: 'fault', why: 'a pseudo header' },
];

export interface PeerDifference {
  /** Of the recorded case. */
  readonly name: string;
  /** The decision is a fault, or header names are in lower case. */
  readonly ours: 'fault' | 'lower-case';
  readonly why: string;
}
