import { spawn } from 'node:child_process';
import { findTool } from '../../../scripts/tools/find-tool.js';

export interface Spoken {
  readonly code: number | null;
  readonly stdout: string;
  /** Warnings of the API server come here. */
  readonly stderr: string;
}

/** Runs `kubectl …` to its end; never throws. */
export async function kubectlOutcome(args: readonly string[], input = ''): Promise<Spoken> {
  const program = await findTool('kubectl');
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
    child.stdin.on('error', () => {});
    child.on('error', (error) => resolve({ code: null, stdout, stderr: error.message }));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}

/** What it printed; throws with what it complained about. */
export async function kubectl(args: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await kubectlOutcome(args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}\n${stdout.trim()}`);
  return stdout;
}
