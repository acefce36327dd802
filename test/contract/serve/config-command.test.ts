import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { repository, runPortcullis } from '../../support/portcullis-server.js';
import { configFile } from './serve.js';

const example = join(repository, 'examples', 'portcullis.yaml');

test('config check is content with the shipped configuration', async () => {
  const checked = await runPortcullis(['config', 'check', '--config', example]);
  expect(checked).toMatchObject({ code: 0, stdout: 'OK', stderr: '' });
});

test('A-47 config check says that the trusted-header variant is unsafe', async () => {
  const variant = join(repository, 'examples', 'portcullis-trusted-header.yaml');
  const checked = await runPortcullis(['config', 'check', '--config', variant]);
  expect(checked).toMatchObject({ code: 0, stdout: 'OK' });
  expect(checked.stderr).toMatch(/^unsafe: identity\.sources\[0\]: x-user-roles of 127\.0\.0\.0\/8, ::1 are believed/);
});

test('config check names file, line and cure', async () => {
  const file = await configFile('engine:\n  kindd: wasm\n');
  const checked = await runPortcullis(['config', 'check', '-c', file]);
  expect(checked).toMatchObject({
    code: 2,
    stdout: '',
    stderr: `${file}:2:3 engine.kindd: unknown key; did you mean "kind"?`,
  });
});

test('config print shows the configuration in effect: defaults, file, and the environment above it', async () => {
  const file = await configFile('log: { level: warn }\nadmin: { address: 127.0.0.1:7000 }\n');
  const printed = await runPortcullis(['config', 'print', '--config', file], { PORTCULLIS_LOG_LEVEL: 'error' });
  expect(printed.code).toBe(0);
  expect(parse(printed.stdout)).toMatchObject({
    log: { level: 'error' },
    admin: { address: '127.0.0.1:7000' },
    grpc: { address: '127.0.0.1:9191' },
    decision: { undefined: 'deny' },
    engine: { timeout: '150ms' },
  });
});

test('what config print prints is a configuration', async () => {
  const printed = await runPortcullis(['config', 'print', '--config', example]);
  const again = await runPortcullis(['config', 'print', '--config', await configFile(printed.stdout)]);
  expect(again).toMatchObject({ code: 0, stdout: printed.stdout });
});

test('PORTCULLIS_CONFIG names the file too', async () => {
  const printed = await runPortcullis(['config', 'print'], { PORTCULLIS_CONFIG: example });
  expect(parse(printed.stdout)).toMatchObject({ decision_log: { enabled: true } });
});

test('config schema prints the JSON Schema of docs', async () => {
  const printed = await runPortcullis(['config', 'schema']);
  expect(printed).toMatchObject({ code: 0, stderr: '' });
  const documented = await readFile(join(repository, 'docs', 'config.schema.json'), 'utf8');
  expect(JSON.parse(printed.stdout)).toEqual(JSON.parse(documented));
});

test.each([
  ['no command', [], /no command given/],
  ['an unknown command', ['sreve'], /unknown command "sreve"; did you mean "serve"\?/],
  ['an unknown option', ['serve', '--confg', 'x'], /--confg/],
])('%s is status 2, one line, and where the usage is to be had', async (_case, args, message) => {
  const run = await runPortcullis(args);
  expect(run.code).toBe(2);
  expect(run.stderr).toMatch(message);
  expect(run.stderr.trim()).toMatch(/^portcullis: [^\n]*; see `portcullis help`$/);
});

test('version is that of the package', async () => {
  const { version } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as { version: string };
  expect(await runPortcullis(['--version'])).toMatchObject({ code: 0, stdout: version });
});
