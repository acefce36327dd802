import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findEnvoyVersion } from './tools/find-tool.js';

/** The oldest Envoy that is supported, and the tests whose rows an older one must show as well. */
const release = '1.36.4';
const files = ['request-tables', ...['a', 'b', 'c', 'd', 'e', 'g'].map((group) => `matrix/${group}-`)];

const program = await findEnvoyVersion(release);
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
// Without the reporter of this project: the pages made from the tests speak of the pinned Envoy.
const args = ['run', '--project', 'e2e', '--reporter', 'default', ...files.map((file) => join('test', 'e2e', file))];
console.log(`The tests of Envoy's behaviour, on Envoy ${release}`);
const { status } = spawnSync(process.execPath, [vitest, ...args, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ENVOY_UNDER_TEST: program },
});
process.exitCode = status ?? 1;
