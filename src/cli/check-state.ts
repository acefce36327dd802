import type { GrpcBodyReader } from '../check/body/parsed-body.js';
import type { CheckState } from '../check/check-state.js';
import { decisionPaths } from '../check/decision-path.js';
import { SettledVerdicts } from '../check/settled-verdicts.js';
import type { Config } from '../config/schema.js';
import type { Engine } from '../engine/engine.js';
import { createIdentifier } from '../identity/identify.js';
import { createOutgoingIdentity } from '../identity/outgoing/outgoing-identity.js';
import type { SigningKey } from '../identity/outgoing/signing-key.js';
import type { IdentitySource } from '../identity/source.js';

/** What the files hold that the configuration names. */
export interface LoadedFiles {
  readonly sources: readonly IdentitySource[];
  /** Of the token for the backend. */
  readonly signingKeys: readonly SigningKey[];
  readonly grpcBodies: GrpcBodyReader | undefined;
}

/** What checks are made with under this configuration. */
export function createCheckState(config: Config, engine: Engine, loaded: LoadedFiles): CheckState {
  const { sources, signingKeys, grpcBodies } = loaded;
  const outgoing = createOutgoingIdentity(config.identity.forward, sources, signingKeys);
  const protectedHeaders = [...new Set([...config.decision.protected_headers, ...(outgoing?.names ?? [])])];
  return Object.freeze({
    engine,
    paths: decisionPaths(config.engine.paths),
    identify: createIdentifier(sources),
    identityConfigured: sources.length > 0,
    publicPaths: new Set(config.identity.public_paths),
    realm: config.identity.realm,
    outgoing,
    input: { ...config.input, grpc_bodies: grpcBodies },
    // What we tell the backend must not come from the client.
    decision: { ...config.decision, protected_headers: protectedHeaders },
    verdicts: new SettledVerdicts(config.engine.result_memory),
    timeout: config.engine.timeout,
  });
}
