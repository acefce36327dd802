import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { configCommand } from '../../../src/cli/config-command.js';

const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function fileOf(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-'));
  folders.push(folder);
  await writeFile(join(folder, 'portcullis.yaml'), text);
  return join(folder, 'portcullis.yaml');
}

async function run(action: 'check' | 'print' | 'schema', file?: string, env: Record<string, string> = {}) {
  const written = { stdout: '', stderr: '' };
  const status = await configCommand(
    { command: 'config', action, file },
    {
      env,
      stdout: (text) => {
        written.stdout += text;
      },
      stderr: (text) => {
        written.stderr += text;
      },
    },
  );
  return { status, ...written };
}

test('check says OK', async () => {
  expect(await run('check', await fileOf('log: { level: warn }'))).toEqual({ status: 0, stdout: 'OK\n', stderr: '' });
});

test('check names what is unsafe, and is content', async () => {
  const { status, stdout, stderr } = await run('check', await fileOf('decision: { dry_run: true }'));
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'OK\n' });
  expect(stderr).toMatch(/^unsafe: decision\.dry_run: .*\n$/);
});

test.each(['check', 'print'] as const)('%s ends with 2 and the problems', async (action) => {
  const file = await fileOf('log:\n  levl: warn');
  expect(await run(action, file)).toEqual({
    status: 2,
    stdout: '',
    stderr: `${file}:2:3 log.levl: unknown key; did you mean "level"?\n`,
  });
});

test('a missing file is named', async () => {
  const { status, stderr } = await run('check', '/nonexistent/p.yaml');
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: '/nonexistent/p.yaml: the file cannot be read; found ENOENT\n',
  });
});

test('print shows defaults, file and environment as a configuration that is valid again', async () => {
  const printed = await run('print', await fileOf('log: { level: warn }'), { PORTCULLIS_ENGINE_TIMEOUT: '2s' });
  expect(printed.stdout).toContain('level: warn\n');
  expect(printed.stdout).toContain('timeout: 2s\n');
  expect((await run('print', await fileOf(printed.stdout))).stdout).toBe(printed.stdout);
});

test('schema is JSON Schema that knows the keys', async () => {
  const { status, stdout } = await run('schema');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    additionalProperties: false,
    properties: { engine: { properties: { kind: { enum: ['wasm', 'opa'], default: 'wasm' } } } },
  });
});
