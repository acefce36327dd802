import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deviations } from '../../../scripts/docs/compatibility/deviations.js';
import { answerTo, answerToBytes } from './ask.js';
import { attributes } from './items/attributes.js';
import { bodies } from './items/bodies.js';
import { decisions } from './items/decisions.js';
import { elsewhere } from './items/elsewhere.js';
import { targets } from './items/targets.js';
import { engineKinds, type PolicyServer, preparePolicy, type Served } from './servers.js';

const items = [...targets, ...attributes, ...bodies, ...decisions];

describe.each(engineKinds)('engine %s', (kind) => {
  let policy: PolicyServer;
  let served: Served;

  beforeAll(async () => {
    policy = await preparePolicy(kind, new URL('policy.rego', import.meta.url).pathname);
    served = await policy.serve({ compatibility: 'opa-envoy-plugin', decision: { protected_headers: [] } });
  });
  afterAll(() => policy.stop());

  test.each(items)('§6.3 item $item $name', async ({ ask, answer, deviates, ...engines }) => {
    const answered = await (ask instanceof Uint8Array
      ? answerToBytes(served.client, ask, answer.split(' ')[0])
      : answerTo(served.client, ask));
    const other = deviates ?? engines[kind];
    expect(answered).toBe(other?.answer ?? answer);
    if (other !== undefined) expect(other.answer).not.toBe(answer);
  });
});

test('every case that deviates names an entry of the table', () => {
  const titles = deviations.map(({ title }) => title);
  const named = items
    .flatMap(({ deviates, opa, wasm }) => [deviates, opa, wasm])
    .flatMap((other) => other?.because ?? []);
  expect(named.filter((title) => !titles.includes(title))).toEqual([]);
});

test('each of the 102 items has a case, here or elsewhere', () => {
  const here = items.map(({ item }) => item);
  const all = Array.from({ length: 102 }, (_, index) => index + 1);
  expect(all.filter((item) => !here.includes(item) && elsewhere[item] === undefined)).toEqual([]);
});
