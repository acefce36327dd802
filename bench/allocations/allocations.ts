import { dirname, join } from 'node:path';
import { lastLine, runCommand } from '../../scripts/tools/run-command.js';
import { repository } from '../rig/places.js';

const flags = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128', '--single-threaded-gc'];

/** Bytes on the JavaScript heap for each check of the embedded engine, from the message to the encoded answer. */
export async function allocatedPerCheck(main: string): Promise<number> {
  const script = join(repository, 'bench', 'allocations', 'measure.ts');
  const outcome = await runCommand(process.execPath, [...flags, '--import', 'tsx', script, dirname(main)]);
  if (outcome.code !== 0) throw new Error(`allocations: ${lastLine(outcome)}`);
  return (JSON.parse(outcome.stdout.trim()) as { bytesPerCheck: number }).bytesPerCheck;
}
