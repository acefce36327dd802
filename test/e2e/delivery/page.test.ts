import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { findTool } from '../../../scripts/tools/find-tool.js';
import { git } from '../../contract/bundle/command.js';
import { repository } from '../../support/portcullis-server.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/process.js';
import { type S3Server, startS3 } from '../../support/s3-server.js';
import { codeBlocks } from '../markdown.js';
import { type CarStore, carStore, carstorePath } from './support/carstore.js';

// What docs/policy-delivery.md says is done here, by its own lines.

vi.setConfig({ testTimeout: 120_000 });

const page = await readFile(join(repository, 'docs', 'policy-delivery.md'), 'utf8');
const [pipeline = '', rollback = ''] = codeBlocks(page, 'sh');

describe('its shell script', () => {
  let app: CarStore;
  let s3: S3Server;
  let folder: TemporaryFolder;
  let variables: Record<string, string>;

  beforeAll(async () => {
    [app, s3, folder] = await Promise.all([carStore(), startS3(), temporaryFolder()]);
    const bin = join(folder.path, 'bin');
    await mkdir(bin);
    const program = join(bin, 'portcullis');
    await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${join(repository, 'dist', 'main.js')}" "$@"\n`);
    await chmod(program, 0o755);
    variables = {
      ...s3.env,
      PATH: [bin, dirname(await findTool('opa')), process.env['PATH']].join(delimiter),
      TMPDIR: folder.path,
      POLICIES: 'policies',
      DECISION_PATH: carstorePath,
      STORE: s3.store('carstore'),
      CHANNEL: 'staging',
      SIGNING_KEY: app.key.signing,
      PUBLIC_KEY: app.key.verification,
    };
  });
  afterAll(async () => {
    await s3?.remove();
    await app?.remove();
    await folder?.remove();
  });

  function sh(script: string, more: Record<string, string> = {}) {
    const env = { ...variables, ...more };
    const { status, stderr, stdout } = spawnSync('sh', ['-c', script], { cwd: app.folder, env, encoding: 'utf8' });
    return { status, stdout, stderr };
  }

  const channel = () => {
    const { stdout } = sh('portcullis bundle status "$CHANNEL" --to "$STORE" --json');
    return (JSON.parse(stdout) as { revision: string }).revision;
  };

  test('C-40 C-41 C-42 C-43 C-46 C-47 takes a commit to its channel, in any POSIX shell, and leaves the checkout as it was', async () => {
    const first = await app.commit(1);
    const run = sh(pipeline);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toContain(`staging is at ${first}`);
    expect(channel()).toBe(first);
    expect(git(app.folder, 'status', '--porcelain')).toBe('');
  });

  test('C-43 C-46 run again for the same commit, it changes nothing', () => {
    const before = channel();
    const run = sh(pipeline);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toContain('already in');
    expect(channel()).toBe(before);
  });

  test('C-49 what no commit holds, or what its tests refuse, ends it before anything is published', async () => {
    const before = channel();
    const second = await app.commit(2);
    const place = join(app.policies, 'carstore', 'data.json');
    const data = await readFile(place, 'utf8');
    await writeFile(place, data.replace('"kelly"', '"mallory"'));
    const uncommitted = sh(pipeline, { POLICIES: 'policies' });
    expect(uncommitted.status).toBe(1);
    await writeFile(place, data);
    await app.commitChange((rego) => rego.replace('employee_is("manager")', 'input.user != ""'));
    const failing = sh(pipeline);
    expect(failing.status).toBe(1);
    expect(failing.stdout + failing.stderr).toContain('the tests do not pass');
    expect(channel()).toBe(before);
    const published = sh('portcullis bundle promote "$CHANNEL" "$COMMIT" --to "$STORE"', { COMMIT: second });
    expect(published.stderr).toContain('publish it first');
  });

  test('C-51 its other line goes back', async () => {
    const before = channel();
    const second = await app.commit(2);
    expect(sh(pipeline).stdout).toContain(`staging is at ${git(app.folder, 'rev-parse', 'HEAD')}`);
    expect(second).toBe(channel());
    const back = sh(rollback);
    expect(back.status, back.stderr).toBe(0);
    expect(channel()).toBe(before);
    expect((await readdir(app.folder)).sort()).toEqual(['.git', 'app', 'policies']);
  });
});

describe('the template for GitHub Actions', () => {
  interface Job {
    readonly needs?: string;
    readonly if?: string;
    readonly environment?: string;
    readonly permissions: Record<string, string>;
    readonly steps: readonly { readonly run?: string; readonly uses?: string }[];
  }
  const load = async () =>
    parse(await readFile(join(repository, 'examples', 'delivery', 'github-workflow.yaml'), 'utf8')) as {
      readonly permissions: object;
      readonly jobs: { readonly test: Job; readonly publish: Job };
    };
  const commands = (job: Job) =>
    job.steps.flatMap(({ run = '' }) => [...run.matchAll(/portcullis bundle (\w+)/g)].map(([, action]) => action));

  test('C-46 C-49 does what the script does: tests for everyone, publication only from main and after them', async () => {
    const { jobs, permissions } = await load();
    expect(permissions).toEqual({});
    expect(commands(jobs.test)).toEqual(['check', 'test', 'build']);
    expect(commands(jobs.publish)).toEqual(['build', 'sign', 'publish', 'promote']);
    expect(jobs.publish).toMatchObject({ needs: 'test', environment: 'policies' });
    expect(jobs.publish.if).toContain("github.ref == 'refs/heads/main'");
    expect(JSON.stringify(jobs.test)).not.toContain('secrets.');
  });
});
