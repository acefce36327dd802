import { runCommand } from '../../scripts/tools/run-command.js';

/** These tests run containers, and say so where none can be run. */
export async function setup(): Promise<void> {
  for (const args of [['version'], ['compose', 'version'], ['buildx', 'version']]) {
    const { code, stderr } = await runCommand('docker', args);
    if (code === 0) continue;
    throw new Error(`npm run test:deploy needs Docker with Compose v2 and buildx. docker ${args.join(' ')}: ${stderr}`);
  }
}
