import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { fail, ok, type Result } from '../../errors/result.js';

/** The first release whose default is Rego v1. */
const oldest = 1;

const advice = `Install OPA ${oldest}.0 or newer (https://github.com/open-policy-agent/opa/releases) on the PATH, or name it: --opa PATH`;

export interface OpaOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A real OPA. */
export interface Opa {
  /** Runs it in a folder to its end. A refusal of OPA is an outcome; an OPA that cannot be run is one too. */
  run(folder: string, args: readonly string[]): Promise<OpaOutcome>;
}

/** What OPA says of a refusal, for which some of its commands use their standard output. */
export function complaintOf({ stderr, stdout }: OpaOutcome): string {
  return stderr.trim() || stdout.trim() || 'refused without a reason';
}

/**
 * Finds OPA: the program that is named, else the first on the search path.
 *
 * @param named a path, or `undefined`
 * @param searchPath the PATH of the process
 */
export async function findOpa(named: string | undefined, searchPath: string): Promise<Result<Opa>> {
  const program = named === undefined ? await onPath(searchPath) : resolve(named);
  if (program === undefined) return fail(`there is no opa on the PATH. ${advice}`);
  const run = (folder: string, args: readonly string[]) => runProgram(program, folder, args);
  const { code, stderr, stdout } = await run(tmpdir(), ['version']);
  const version = /^Version: *(\d+)\.\S+/m.exec(stdout);
  if (code !== 0 || version === null) return fail(`${program} is not an OPA that runs here. ${stderr} ${advice}`);
  if (Number(version[1]) < oldest) return fail(`${program} is OPA ${version[0].slice(9)}, which is too old. ${advice}`);
  return ok({ run });
}

/** A relative entry of the PATH is left out: it would run whatever the present folder holds (CWE-426). */
async function onPath(searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter).filter(isAbsolute)) {
    const path = join(folder, 'opa');
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return path;
  }
  return undefined;
}

function runProgram(program: string, folder: string, args: readonly string[]): Promise<OpaOutcome> {
  return new Promise((settle) => {
    // Without the environment: a policy under test sees it (`opa.runtime().env`), and a build machine has secrets there.
    const options = { cwd: folder, env: {}, maxBuffer: 256 * 1024 * 1024 };
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) settle({ code: 0, stdout, stderr });
      else if (typeof error.code === 'number') settle({ code: error.code, stdout, stderr });
      else settle({ code: 1, stdout, stderr: error.message });
    });
  });
}
