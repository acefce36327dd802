import type { ReadFile } from '../config/load.js';
import type { ConfigProblem } from '../config/problem.js';
import { fail, ok, type Result } from '../errors/result.js';

/** The text of a file without the line break that editors and `echo` put at its end. An empty one is a problem. */
export async function readSecret(file: string, readFile: ReadFile): Promise<Result<string, ConfigProblem[]>> {
  try {
    const text = (await readFile(file)).replace(/\r?\n$/, '');
    return text === '' ? fail([{ code: 'config_invalid', source: file, what: 'the file is empty' }]) : ok(text);
  } catch (error: unknown) {
    const found = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    return fail([{ code: 'config_unreadable', source: file, what: 'the file cannot be read', found }]);
  }
}
