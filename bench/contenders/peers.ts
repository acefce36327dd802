import { join } from 'node:path';
import { runCommand } from '../../scripts/tools/run-command.js';
import { freeAddress } from '../../test/support/ports.js';
import { startServer } from '../rig/server-process.js';
import type { Contender } from './contender.js';
import { programOf } from './portcullis.js';
import { untilAnswering } from './running.js';

function goServer(id: string, title: string, flags: readonly string[]): Contender {
  const contender: Contender = {
    id,
    title,
    decides: true,
    start: async (rig, workload) => {
      const address = await freeAddress();
      const args = ['-address', address, '-bundle', await workload.policy.regoBundle(), ...flags];
      const server = startServer({ name: id, program: rig.peer, args, core: rig.cores.server });
      return untilAnswering(contender, address, [server], workload);
    },
  };
  return contender;
}

/** Our own Go server with OPA as a library. */
export const peerGo = goServer('peer-go', 'Go baseline', []);

/** The same, spared the growth of a new stack for each check: better than what is in use, for comparison. */
export const peerGoWorkers = goServer('peer-go-workers', 'Go baseline with stream workers', ['-stream-workers', '64']);

/** The real opa-envoy-plugin. */
const opaEnvoyPlugin: Contender = {
  id: 'opa-envoy-plugin',
  title: 'opa-envoy-plugin',
  decides: true,
  start: async (rig, workload) => {
    const address = await freeAddress();
    const settings = [`addr=${address}`, 'path=envoy/authz/allow'].map(
      (text) => `plugins.envoy_ext_authz_grpc.${text}`,
    );
    const args = ['run', '--server', '--skip-version-check', '--log-level', 'error', '--addr', await freeAddress()];
    const server = startServer({
      name: 'opa-envoy-plugin',
      program: 'opa-envoy-plugin',
      args: [...args, ...settings.flatMap((setting) => ['--set', setting]), '-b', await workload.policy.regoBundle()],
      core: rig.cores.server,
    });
    return untilAnswering(opaEnvoyPlugin, address, [server], workload);
  },
};

/** The plugin if a program of that name is on the PATH. */
export async function pluginOnPath(): Promise<readonly Contender[]> {
  const { code, stdout } = await runCommand('opa-envoy-plugin', ['version']);
  return code === 0 && stdout.includes('Version') ? [opaEnvoyPlugin] : [];
}

/** A server that answers every check with the same allow. */
export function floor(name: 'http2' | 'grpc-js', runtime: string): Contender {
  const contender: Contender = {
    id: `floor-${name}/${runtime}`,
    title: `floor: ${name === 'http2' ? 'bare node:http2' : 'grpc-js, no-op'}, ${runtime.replace('node', 'Node ')}`,
    decides: false,
    start: async (rig, workload) => {
      const address = await freeAddress();
      const args = [join(rig.floors, `${name}-floor.js`), address];
      const program = programOf(rig, runtime);
      const server = startServer({ name: contender.id, program, args, core: rig.cores.server });
      return untilAnswering(contender, address, [server], workload);
    },
  };
  return contender;
}
