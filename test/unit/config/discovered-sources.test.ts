import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readDiscovered } from '../../../src/config/discovered-sources.js';
import { loadConfig } from '../../../src/config/load.js';
import { formatProblems } from '../../../src/config/problem.js';
import { codeBlocks } from '../../e2e/markdown.js';

const page = await readFile(new URL('../../../docs/policy-delivery.md', import.meta.url), 'utf8');
const [, section = ''] = page.split('\n## Discovery\n');

test('C-54 the page shows a configuration and a list that are taken', async () => {
  const [yaml = ''] = codeBlocks(section, 'yaml');
  const config = await loadConfig({ file: 'p.yaml', env: {}, readFile: async () => yaml });
  if (!config.ok) throw new Error(formatProblems(config.error));
  const { discovery, sources } = config.value.config.bundles;
  expect([discovery?.decision, sources]).toEqual(['shop/adapters', []]);
  const [json = ''] = codeBlocks(section, 'json');
  expect(readDiscovered(JSON.parse(json), 's3://own/place')).toEqual({
    ok: true,
    value: [
      { name: 'policy', store: 's3://own/place', channel: 'production' },
      { name: 'employees', store: 's3://my-s3-policies-bucket/directory', object: 'employees.tar.gz' },
    ],
  });
});

const policy = { name: 'policy', object: 'policy.tar.gz' };

test.each([
  ['nothing', undefined, 'the discovery bundle: missing'],
  ['a list', [policy], 'the discovery bundle: wrong type; expected a mapping, found a list'],
  ['no sources', { bundles: {} }, 'the discovery bundle bundles.sources: missing'],
  ['sources by name, as in OPA', { bundles: { policy: { resource: 'x' } } }, 'bundles.policy: unknown key'],
  [
    'a key with a slip',
    { bundles: { sources: [{ ...policy, objct: 'x' }] } },
    'the discovery bundle bundles.sources[0].objct: unknown key; did you mean "object"?',
  ],
  [
    'a name for the terminal',
    { bundles: { sources: [{ ...policy, '\u001b[2J': 1 }] } },
    'bundles.sources[0].\ufffd[2J',
  ],
  [
    'a prototype',
    JSON.parse('{"bundles": {"sources": [], "__proto__": {"sources": []}}}'),
    'bundles.__proto__: unknown key',
  ],
  ['no place', { bundles: { sources: [{ name: 'policy' }] } }, 'bundles.sources[0]: a source follows either'],
])('C-54 %s in the place of the list is refused, with its place and the cure', (_what, data, message) => {
  const read = readDiscovered(data, '/own');
  expect(read.ok ? 'taken' : formatProblems(read.error)).toContain(message);
});

test('C-54 a hundred sources are taken, and one more is not', () => {
  const list = (count: number) => ({
    bundles: { sources: Array.from({ length: count }, (_, index) => ({ name: `s${index}`, object: 'x' })) },
  });
  expect(readDiscovered(list(100), '/own')).toMatchObject({ ok: true });
  expect(readDiscovered(list(101), '/own')).toMatchObject({ ok: false });
});
