import type { Config } from '../config/schema.js';
import { defaultBundleLimits } from '../policy/bundle/bundle.js';
import { readBundle } from '../policy/bundle/read-bundle.js';
import { type PolicyReads, policyReads } from '../policy/plan/policy-reads.js';
import { readToken } from './open-engine.js';
import { readVerification } from './verification.js';

/** What an OPA engine takes from files and reads again on SIGHUP. */
export interface OpaState {
  token: string | undefined;
  /** What the policy reads that OPA serves, by its bundle. */
  reads: PolicyReads | undefined;
}

/** @throws PortcullisError `config_unreadable`, `config_invalid`, `bundle_missing`, `bundle_invalid` or `bundle_unverified` */
export async function readOpaState(engine: Config['engine']): Promise<OpaState> {
  return { token: await readToken(engine.opa.token), reads: await readReads(engine) };
}

async function readReads({ kind, opa, paths }: Config['engine']): Promise<PolicyReads | undefined> {
  if (kind !== 'opa' || opa.bundle === undefined) return undefined;
  const verification = await readVerification(opa.verification, 'engine.opa.verification');
  const bundle = await readBundle(opa.bundle, defaultBundleLimits, verification);
  if (!bundle.ok) throw bundle.error;
  return policyReads(
    bundle.value,
    paths.map(({ path }) => path),
  );
}
