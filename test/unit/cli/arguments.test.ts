import { expect, test } from 'vitest';
import { parseArguments } from '../../../src/cli/arguments.js';
import { usage } from '../../../src/cli/usage.js';

test.each([
  ['serve', { command: 'serve' }],
  ['serve --config a.yaml', { command: 'serve', file: 'a.yaml' }],
  ['serve -c a.yaml', { command: 'serve', file: 'a.yaml' }],
  ['--config=a.yaml serve', { command: 'serve', file: 'a.yaml' }],
  ['health', { command: 'health' }],
  ['health -c a.yaml', { command: 'health', file: 'a.yaml' }],
  ['config check', { command: 'config', action: 'check' }],
  ['config print --config a.yaml', { command: 'config', action: 'print', file: 'a.yaml' }],
  ['config schema', { command: 'config', action: 'schema' }],
  ['version', { command: 'version' }],
  ['--version', { command: 'version' }],
  ['help', { command: 'help' }],
  ['-h', { command: 'help' }],
  ['serve --help', { command: 'help' }],
])('portcullis %s', (line, value) => {
  expect(parseArguments(line.split(' '))).toEqual({ ok: true, value });
});

test.each([
  [[], 'no command given'],
  [['srve'], 'unknown command "srve"; did you mean "serve"?'],
  [['config'], 'config needs one of check, print, schema'],
  [['config', 'chck'], 'unknown config command "chck"; did you mean "check"?'],
  [['config', 'check', 'a.yaml'], 'unexpected argument "a.yaml"'],
  [['config', 'schema', '-c', 'a.yaml'], 'config schema takes no --config'],
  [['serve', 'a.yaml'], 'unexpected argument "a.yaml"'],
  [['serve', '--config'], "Option '-c, --config <value>' argument missing"],
  [['serve', '--config', ''], '--config needs the name of a file'],
  [['serve', '-c', 'a', '-c', 'b'], '--config is given more than once'],
  [['serve', '--confg', 'a'], "Unknown option '--confg'"],
  [['version', '-c', 'a'], 'version takes no --config'],
  [['\u001b[31m'], 'unknown command "\ufffd[31m"'],
])('%j is refused', (args, error) => {
  expect(parseArguments(args)).toEqual({ ok: false, error });
});

test('the usage names every command', () => {
  for (const command of ['serve', 'health', 'config check', 'config print', 'config schema', 'version', 'help']) {
    expect(usage).toContain(`\n  ${command}  `);
  }
});
