import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findTool } from '../../../scripts/tools/find-tool.js';
import { run } from '../../../src/cli/run.js';
import { temporaryFolder } from '../../support/process.js';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `portcullis bundle …` in this process, with the real OPA on its PATH. */
export async function bundle(...args: readonly string[]): Promise<Outcome> {
  const opa = dirname(await findTool('opa'));
  return bundleWith({ ...process.env, PATH: `${opa}${delimiter}${process.env['PATH'] ?? ''}` }, args);
}

/** The same in an environment of one's own. */
export async function bundleWith(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const code = await run(['bundle', ...args], {
    env,
    stdout: (text) => {
      written.stdout += text;
    },
    stderr: (text) => {
      written.stderr += text;
    },
    onSignal: () => {},
    fork: () => {
      throw new Error('a command has no workers');
    },
    supervisor: undefined,
  });
  return { code, ...written };
}

/** A folder until the test ends, with these files. */
export async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  onTestFinished(() => folder.remove());
  await writeFiles(folder.path, files);
  return folder.path;
}

export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

/** Runs git in a folder, as nobody in particular. */
export function git(folder: string, ...args: readonly string[]): string {
  const identity = ['-c', 'user.name=Tester', '-c', 'user.email=tester@example.com', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8' }).trim();
}

/** Commits everything in a folder, a new repository if need be; returns the commit's name. */
export function commitAll(folder: string): string {
  git(folder, 'init', '--quiet');
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--message', 'Policy');
  return git(folder, 'rev-parse', 'HEAD');
}

/** A small policy with its tests and data: who works here may read. */
export const shop = {
  'shop/authz.rego': `package shop.authz

default allow := false

allow if {
	input.method == "GET"
	input.user in data.shop.employees
}
`,
  'shop/authz_test.rego': `package shop.authz_test

import data.shop.authz

test_read if authz.allow with input as {"method": "GET", "user": "alice"}

test_write if not authz.allow with input as {"method": "PUT", "user": "alice"}

test_no_input if not authz.allow
`,
  'shop/data.json': '{"employees": ["alice"]}\n',
} as const;

export const shopPath = 'shop/authz/allow';
