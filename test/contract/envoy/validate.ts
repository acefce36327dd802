import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from '../../../scripts/tools/find-tool.js';
import { temporaryFolder } from '../../support/process.js';

const execute = promisify(execFile);

export interface Validation {
  readonly accepted: boolean;
  /** Warnings and errors. */
  readonly log: string;
}

/** What `envoy --mode validate` says about a configuration. */
export async function validate(config: unknown, program?: string): Promise<Validation> {
  const folder = await temporaryFolder();
  try {
    const file = join(folder.path, 'envoy.json');
    await writeFile(file, JSON.stringify(config));
    return await validateFile(file, program);
  } finally {
    await folder.remove();
  }
}

/** `program`: another Envoy than the pinned one. */
export async function validateFile(file: string, program?: string): Promise<Validation> {
  const args = ['--mode', 'validate', '--config-path', file, '--log-level', 'warning'];
  try {
    const { stderr } = await execute(program ?? (await findTool('envoy')), args);
    return { accepted: true, log: singleSpaced(stderr) };
  } catch (error) {
    return { accepted: false, log: singleSpaced((error as { stderr: string }).stderr) };
  }
}

/** The protobuf library scatters extra spaces in its messages, so that nobody relies on their wording. */
function singleSpaced(text: string): string {
  return text.replace(/ +/g, ' ');
}
