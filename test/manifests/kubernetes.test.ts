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

const find = (kind: string, name: string) =>
  renderings.flatMap(({ objects }) => objects).find((object) => object.kind === kind && object.metadata.name === name);

test('D-50 D-51 D-52 D-53 D-54 the stores are StatefulSets with claims of one Pod, behind Services without an address', () => {
  for (const name of ['auth-db', 'session-db']) {
    const claim = { spec: { accessModes: ['ReadWriteOncePod'] } };
    expect(find('StatefulSet', name)?.spec).toMatchObject({ serviceName: name, volumeClaimTemplates: [claim] });
    expect(find('Service', name)?.spec).toMatchObject({ clusterIP: 'None' });
  }
});

test('D-56 D-59 the authentication service takes its secrets from Secrets, and its tables from a Job', () => {
  const volume = { name: 'secrets', projected: { sources: [{ secret: {} }, { secret: {} }, { secret: {} }] } };
  const spec = { volumes: [{ name: 'config' }, volume] };
  expect(find('Deployment', 'auth')?.spec).toMatchObject({ template: { spec } });
  expect(find('Job', 'auth-migrate-0-1-0')?.spec).toMatchObject({ template: { spec } });
});

test('A-51 Envoy Gateway says what becomes of header names with underscores', () => {
  const headers = { withUnderscoresAction: 'RejectRequest' };
  expect(find('ClientTrafficPolicy', 'gateway')?.spec).toMatchObject({ headers });
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
