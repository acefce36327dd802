import { buildIfNeeded } from '../../scripts/demo/build.js';
import { findTool } from '../../scripts/tools/find-tool.js';

/** Before the tests that start gateways: what is not a package is there. */
export async function setup(): Promise<void> {
  await Promise.all([buildIfNeeded(), findTool('caddy'), findTool('opa')]);
}
