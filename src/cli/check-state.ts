import type { CheckState } from '../check/check-state.js';
import { decisionPaths } from '../check/decision-path.js';
import type { Config } from '../config/schema.js';
import type { Engine } from '../engine/engine.js';
import { createIdentifier } from '../identity/identify.js';
import type { IdentitySource } from '../identity/source.js';

/** What checks are made with under this configuration. */
export function createCheckState(config: Config, engine: Engine, sources: readonly IdentitySource[]): CheckState {
  return Object.freeze({
    engine,
    paths: decisionPaths(config.engine.paths),
    identify: createIdentifier(sources),
    identityConfigured: sources.length > 0,
    publicPaths: new Set(config.identity.public_paths),
    realm: config.identity.realm,
    input: config.input,
    decision: config.decision,
    timeout: config.engine.timeout,
  });
}
