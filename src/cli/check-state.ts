import type { GrpcBodyReader } from '../check/body/parsed-body.js';
import type { CheckState } from '../check/check-state.js';
import { decisionPaths } from '../check/decision-path.js';
import { SettledVerdicts } from '../check/settled-verdicts.js';
import type { Config } from '../config/schema.js';
import type { Engine } from '../engine/engine.js';
import { createIdentifier } from '../identity/identify.js';
import type { IdentitySource } from '../identity/source.js';

/** What the files hold that the configuration names. */
export interface LoadedFiles {
  readonly sources: readonly IdentitySource[];
  readonly grpcBodies: GrpcBodyReader | undefined;
}

/** What checks are made with under this configuration. */
export function createCheckState(config: Config, engine: Engine, loaded: LoadedFiles): CheckState {
  const { sources, grpcBodies } = loaded;
  return Object.freeze({
    engine,
    paths: decisionPaths(config.engine.paths),
    identify: createIdentifier(sources),
    identityConfigured: sources.length > 0,
    publicPaths: new Set(config.identity.public_paths),
    realm: config.identity.realm,
    input: { ...config.input, grpc_bodies: grpcBodies },
    decision: config.decision,
    verdicts: new SettledVerdicts(),
    timeout: config.engine.timeout,
  });
}
