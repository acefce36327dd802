import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import type { Deviation, Sections, Switch } from '../../../scripts/docs/compatibility/deviation.js';
import { deviations, presetAnswer } from '../../../scripts/docs/compatibility/deviations.js';
import { layer, nest, valueAt } from '../../../src/config/layers.js';
import { configSchema, opaEnvoyPluginPreset } from '../../../src/config/schema.js';
import { type ConfigFile, repository } from '../../support/portcullis-server.js';
import { answerTo } from './ask.js';
import { type EngineKind, type PolicyServer, preparePolicy, type Served } from './servers.js';

/** Without protected headers, which every allow would show; their own entry sets them. */
const base: Sections = { decision: { protected_headers: [] } };
const preset = { compatibility: 'opa-envoy-plugin' };

const servers = new Map<EngineKind, Running>();
afterAll(async () => {
  for (const { policy } of servers.values()) await policy.stop();
});

/** The server of an engine, under this configuration. One process serves them all, one after the other. */
async function serve({ engine = 'wasm', config = {} }: Deviation, ...layers: readonly unknown[]): Promise<Served> {
  const file = [base, config, ...layers].reduce<unknown>(layer, {}) as ConfigFile;
  const running = servers.get(engine) ?? (await start(engine, file));
  servers.set(engine, running);
  if (isDeepStrictEqual(running.file, file)) return running.served;
  await running.served.reconfigure(file);
  servers.set(engine, { ...running, file });
  return running.served;
}

interface Running {
  readonly policy: PolicyServer;
  readonly served: Served;
  readonly file: ConfigFile;
}

async function start(engine: EngineKind, file: ConfigFile): Promise<Running> {
  const policy = await preparePolicy(engine, new URL('policy.rego', import.meta.url).pathname);
  return { policy, served: await policy.serve(file), file };
}

function set({ key, value }: Switch): unknown {
  return nest(key.split('.'), value);
}

const inPreset = ({ key }: Switch) => valueAt(opaEnvoyPluginPreset, key.split('.')) !== undefined;

/** Our own way within the preset: what comes with it may be told in the plugin's way. */
function withinPreset(answer: string, { key }: Switch): RegExp | string {
  if (answer.startsWith('deny BadRequest') && key !== 'input.refusal_text') return /^deny BadRequest, /;
  if (answer.startsWith('deny InternalServerError') && key !== 'decision.faults') return 'gRPC UNKNOWN';
  return answer;
}

describe.each(deviations.map((deviation) => [deviation.title, deviation] as const))('%s', (_title, deviation) => {
  const { back, cases, shownBy } = deviation;

  test.each(cases)('$asked: by default', async ({ ask, plugin, portcullis }) => {
    const { client } = await serve(deviation);
    expect(await answerTo(client, ask)).toBe(portcullis);
    expect(portcullis).not.toBe(plugin);
  });

  test.each(cases)('$asked: under the preset', async (asked) => {
    const { client } = await serve(deviation, preset);
    expect(await answerTo(client, asked.ask)).toBe(presetAnswer(deviation, asked));
  });

  if ('key' in back) {
    test.each(cases)(`$asked: ${back.key} alone brings the plugin's way`, async ({ ask, plugin }) => {
      const { client } = await serve(deviation, set(back));
      expect(await answerTo(client, ask)).toBe(plugin);
    });
  }

  if ('key' in back && inPreset(back)) {
    const ours = { ...back, value: valueAt(configSchema.parse({}), back.key.split('.')) };
    test.each(cases)(`$asked: ${back.key} alone takes it out of the preset`, async ({ ask, portcullis }) => {
      const { client } = await serve(deviation, preset, set(ours));
      const expected = withinPreset(portcullis, back);
      expect(await answerTo(client, ask)).toEqual(
        typeof expected === 'string' ? expected : expect.stringMatching(expected),
      );
    });
  }

  test('is shown', async () => {
    if (shownBy === undefined) {
      expect(cases).not.toEqual([]);
      return;
    }
    const [file, title] = shownBy;
    expect(await readFile(join(repository, file), 'utf8')).toContain(title);
  });
});

test('each key of the preset is the switch of an entry, with the value that the preset has', () => {
  const switches = new Map(deviations.flatMap(({ back }) => ('key' in back ? [[back.key, back.value] as const] : [])));
  for (const [section, keys] of Object.entries(opaEnvoyPluginPreset)) {
    for (const [name, value] of Object.entries(keys)) expect(switches.get(`${section}.${name}`)).toEqual(value);
  }
});
