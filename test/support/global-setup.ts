import { buildIfNeeded } from '../../scripts/demo/build.js';
import { findTool } from '../../scripts/tools/find-tool.js';

/** Before the tests that start programs: the programs are there. */
export async function setup(): Promise<void> {
  await Promise.all([buildIfNeeded(), findTool('envoy'), findTool('opa'), findTool('redis-server')]);
}
