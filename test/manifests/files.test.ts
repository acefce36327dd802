import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findTool } from '../../scripts/tools/find-tool.js';
import { runCommand } from '../../scripts/tools/run-command.js';
import { repository } from '../support/portcullis-server.js';

// What ready-made tools say of the files that are deployed.

const inRepository = (name: string) => join(repository, name);
const npm = (name: string) => inRepository(`node_modules/.bin/${name}`);

test('A-90 A-91 hadolint has nothing to say of the Dockerfile', async () => {
  const { code, stdout } = await runCommand(await findTool('hadolint'), [inRepository('Dockerfile')]);
  expect([code, stdout]).toEqual([0, '']);
});

test('A-89 B-10 dclint has nothing to say of the compose file', async () => {
  // Order is a matter of taste; and it takes the variable in front of a port for no address.
  const without = [
    'no-unbound-port-interfaces',
    'require-quotes-in-ports',
    'service-dependencies-alphabetical-order',
    'service-keys-order',
    'services-alphabetical-order',
  ].flatMap((rule) => ['--disable-rule', rule]);
  const { code, stdout } = await runCommand(npm('dclint'), [
    inRepository('docker-compose.yml'),
    '--max-warnings',
    '0',
    ...without,
  ]);
  expect([code, stdout.trim()]).toEqual([0, '']);
});

test('D-55 secretlint finds no secret in what is deployed, documented or configured', async () => {
  const places = ['k8s', 'envoy', 'deploy', 'docs', 'policies', 'examples/*.yaml', 'scripts', '.ci'];
  const files = places.map((place) =>
    place.includes('*') ? place : `${place}/**/*.{yaml,yml,md,json,ts,rego,tpl,txt}`,
  );
  const { code, stdout, stderr } = await runCommand(npm('secretlint'), [
    '--secretlintrcJSON',
    '{"rules":[{"id":"@secretlint/secretlint-rule-preset-recommend"}]}',
    ...files,
  ]);
  expect([code, stdout, stderr]).toEqual([0, '', '']);
}, 120_000);
