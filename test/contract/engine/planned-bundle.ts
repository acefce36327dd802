import type { Bundle } from '../../../src/policy/bundle/bundle.js';
import { readBundle } from '../../../src/policy/bundle/read-bundle.js';
import { buildBundle, type PolicySources } from '../../support/policy-bundle.js';

/** A bundle with both the module and the plan of the same sources. */
export async function plannedBundle(sources: PolicySources): Promise<Bundle> {
  const [module, plan] = await Promise.all([
    readBundle(await buildBundle({ ...sources, target: 'wasm' })),
    readBundle(await buildBundle({ ...sources, target: 'plan' })),
  ]);
  if (!module.ok) throw module.error;
  if (!plan.ok) throw plan.error;
  return { ...module.value, plan: plan.value.plan };
}
