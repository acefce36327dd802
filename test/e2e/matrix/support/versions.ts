import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isAtLeast, readVersion, tools } from '../../../../scripts/tools/tool.js';

/** The oldest Envoy that the shipped configurations and Portcullis are tested with. */
export const oldestEnvoy = '1.36.4';

/** The release of whose line it was reported (envoyproxy/envoy#43310) that headers are appended unless told otherwise. */
export const suspectedEnvoy = '1.37.0';

/** The Envoy under test: the pinned one, unless `ENVOY_UNDER_TEST` names another. */
export const testedEnvoy = await testedRelease();

/** For `test.skipIf`: the Envoy under test lacks what came with this release. */
export function olderThan(release: string): boolean {
  return !isAtLeast(testedEnvoy, release);
}

async function testedRelease(): Promise<string> {
  const program = process.env['ENVOY_UNDER_TEST'];
  if (program === undefined) return tools.envoy.version;
  const { stdout } = await promisify(execFile)(program, [...tools.envoy.versionArgs]);
  const version = readVersion(tools.envoy, stdout);
  if (version === undefined) throw new Error(`${program} is no Envoy`);
  return version;
}
