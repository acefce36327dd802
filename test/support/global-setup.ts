import { buildIfNeeded } from '../../scripts/demo/build.js';
import { findTool } from '../../scripts/tools/find-tool.js';

/** Before the tests that start programs: the programs are there. */
export async function setup(): Promise<void> {
  const programs = ['envoy', 'opa', 'redis-server', 'versitygw', 'registry'] as const;
  await Promise.all([buildIfNeeded(), ...programs.map((name) => findTool(name))]);
}
