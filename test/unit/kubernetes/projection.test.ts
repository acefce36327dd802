import { expect, test } from 'vitest';
import { projection } from '../../../src/kubernetes/feed/projection.js';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

const object = {
  kind: 'Secret',
  metadata: {
    name: 'shop',
    namespace: 'default',
    resourceVersion: '7',
    uid: 'u',
    labels: { app: 'shop' },
    annotations: { [lastApplied]: '{"data":{"password":"c2VjcmV0"}}', note: 'n' },
    managedFields: [{ manager: 'kubectl' }],
  },
  data: { password: 'c2VjcmV0' },
  stringData: { password: 'secret' },
  spec: { replicas: 3, template: { spec: { containers: [] } } },
};
const identity = { name: 'shop', namespace: 'default', resourceVersion: '7' };

test.each([
  ['nothing', [], { metadata: identity }],
  ['labels', ['metadata.labels'], { metadata: { ...identity, labels: { app: 'shop' } } }],
  ['two members of one', ['spec.replicas', 'spec.template'], { metadata: identity, spec: object.spec }],
  ['what is not there', ['status.phase', 'spec.replicas.more', 'metadata.name.x'], { metadata: identity, spec: {} }],
  ['a name of Object.prototype', ['constructor', '__proto__.x', 'toString'], { metadata: identity }],
])('%s', (_case, keep, kept) => {
  const { spec, ...rest } = projection(keep, false)(object) as { spec?: object };
  expect({ ...rest, ...(spec !== undefined && { spec }) }).toMatchObject(kept);
  expect(Object.keys(rest).sort()).toEqual(['metadata']);
});

test('everything is not what the server keeps for itself', () => {
  const kept = projection(['*'], false)(object);
  const { managedFields, ...metadata } = object.metadata;
  expect(kept).toEqual({ ...object, metadata });
});

test.each([[['*']], [['metadata']], [['metadata.annotations', 'spec']], [['type', '*']]])(
  'E-15 the data of a Secret is nowhere in what %j keeps',
  (keep) => {
    const kept = JSON.stringify(projection(keep, true)(object));
    expect(kept).not.toContain('secret');
    expect(kept).not.toContain('c2VjcmV0');
    expect(kept).toContain('"name":"shop"');
  },
);

test('the data of a Secret is kept where it is named', () => {
  expect(projection(['data.password'], true)(object)).toMatchObject({ data: { password: 'c2VjcmV0' } });
});

test('the object itself stays as it was', () => {
  const before = structuredClone(object);
  projection(['*', 'data'], true)(object);
  projection(['*'], true)(object);
  expect(object).toEqual(before);
});
