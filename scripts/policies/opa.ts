import { execFile } from 'node:child_process';
import { findTool } from '../tools/find-tool.js';

export interface OpaOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs OPA in `folder` to its end. A refusal of OPA is an outcome; only an OPA that cannot be started throws. */
export async function runOpa(folder: string, args: readonly string[]): Promise<OpaOutcome> {
  const program = await findTool('opa');
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr });
      if (typeof error.code !== 'number') return reject(error);
      resolve({ code: error.code, stdout, stderr });
    });
  });
}
