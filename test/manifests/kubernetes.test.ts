import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runOpa } from '../../scripts/policies/opa.js';
import { repository } from '../support/portcullis-server.js';
import { renderings } from './support/renderings.js';
import { schemaErrors } from './support/schemas.js';

describe.each(renderings)('$name', ({ objects }) => {
  test.each(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object] as const))(
    '%s is as its API says, without an unknown field',
    async (_, object) => {
      expect(await schemaErrors(object)).toEqual([]);
    },
  );

  test('A-80 A-81 A-82 A-83 A-84 A-85 A-86 A-87 A-88 A-90 A-91 B-46 D-55 D-57 breaks no rule of policies/deployment', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'portcullis-objects-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const input = join(folder, 'input.json');
    await writeFile(input, JSON.stringify({ objects }));
    const rules = ['--data', 'policies/deployment', '--input', input, '--format', 'json'];
    const { code, stdout, stderr } = await runOpa(repository, ['eval', ...rules, 'data.deployment.deny']);
    expect([code, stderr]).toEqual([0, '']);
    const [result] = (JSON.parse(stdout) as { result: { expressions: { value: unknown }[] }[] }).result;
    expect(result?.expressions[0]?.value).toEqual([]);
  });
});

test('an unknown field and a wrong type are noticed', async () => {
  const [service] = renderings.flatMap(({ objects }) => objects.filter(({ kind }) => kind === 'Service'));
  if (service === undefined) throw new Error('there is no Service');
  const spec = { ...(service.spec as object), ports: [{ port: 'eighty', targetprt: 1 }] };
  expect(await schemaErrors({ ...service, spec })).toEqual([
    expect.stringMatching(/targetprt/),
    expect.stringMatching(/must be integer/),
  ]);
});
