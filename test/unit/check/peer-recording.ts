import { readFileSync } from 'node:fs';

/** opa-envoy-plugin's recorded answers; test/fixtures/peer/README.md says how they came about. */
export interface PeerRecording {
  readonly input: readonly InputCase[];
  readonly decision: readonly DecisionCase[];
}

export interface InputCase {
  readonly group: string;
  readonly name: string;
  /** A CheckRequest in the protobuf JSON mapping. */
  readonly request: Record<string, unknown>;
  /** JSON text of the input; absent when the plugin refused the request. */
  readonly input?: string;
  readonly response?: {
    readonly deniedResponse: { readonly body: string };
    readonly status: { readonly message: string };
  };
}

export interface DecisionCase {
  readonly name: string;
  /** JSON text of the policy's result. */
  readonly decision: string;
  readonly response?: unknown;
  readonly grpcError?: string;
}

const file = new URL('../../fixtures/peer/opa-envoy-plugin.json', import.meta.url);

export const recording: PeerRecording = JSON.parse(readFileSync(file, 'utf8'));
