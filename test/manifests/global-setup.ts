import { buildIfNeeded } from '../../scripts/demo/build.js';
import { findTool } from '../../scripts/tools/find-tool.js';

/** Before what is rendered is run: the programs are there. The first time, compiling `egctl` and `istioctl` takes minutes. */
export async function setup(): Promise<void> {
  const programs = ['egctl', 'envoy', 'hadolint', 'helm', 'istioctl', 'kubectl', 'opa'] as const;
  await Promise.all([buildIfNeeded(), ...programs.map((name) => findTool(name))]);
}
