import type { Config } from '../config/schema.js';
import { type PolicyReads, policyReads } from '../policy/policy-reads.js';
import { readBundle } from '../policy/read-bundle.js';
import { readToken } from './open-engine.js';

/** What an OPA engine takes from files and reads again on SIGHUP. */
export interface OpaState {
  token: string | undefined;
  /** What the policy reads that OPA serves, by its bundle. */
  reads: PolicyReads | undefined;
}

/** @throws PortcullisError `config_unreadable`, `bundle_missing` or `bundle_invalid` */
export async function readOpaState(engine: Config['engine']): Promise<OpaState> {
  return { token: await readToken(engine.opa.token), reads: await readReads(engine) };
}

async function readReads({ kind, opa, paths }: Config['engine']): Promise<PolicyReads | undefined> {
  if (kind !== 'opa' || opa.bundle === undefined) return undefined;
  const bundle = await readBundle(opa.bundle);
  if (!bundle.ok) throw bundle.error;
  return policyReads(
    bundle.value,
    paths.map(({ path }) => path),
  );
}
