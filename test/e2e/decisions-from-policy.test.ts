import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Echo } from '../../examples/backend/echo.js';
import { eventually } from '../support/eventually.js';
import { echoedHeader, type HttpResponse } from '../support/http.js';
import { type Stack, useStack } from '../support/stack.js';
import { type Gateway, gatewayOf, perRoute, withoutSecondLock } from './matrix/support/gateway.js';

/** What the page says about a request. */
interface Case {
  readonly example: string;
  readonly mutations: 'refuse' | 'drop';
  readonly request: { readonly method?: string; readonly path: string; readonly headers?: Record<string, string> };
  readonly client: { readonly status: number; readonly headers?: Record<string, unknown>; readonly body?: string };
  /** Lines of each header; absent: the request did not get there, or the page does not say. */
  readonly backend?: { readonly path?: string; readonly headers?: Record<string, string[]> };
  readonly metadata?: object;
  readonly decision_log?: object;
}

const page = await readFile(new URL('../../docs/decisions-from-policy.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```(rego|yaml) (\w+) ?(drop)?\n([\s\S]*?)^```$/gm)];
const policies = blocks.flatMap(([, kind, example = '', , text = '']) =>
  kind === 'rego' ? [[example, text] as const] : [],
);
const cases = blocks.flatMap(([, kind, example = '', mutations = 'refuse', text = '']): Case[] =>
  kind === 'yaml' ? [{ example, mutations, ...parse(text) }] : [],
);

/** Each example has a route of its own, which asks its rule. */
function addRoutes({ virtualHost, connectionManager }: Gateway): void {
  for (const [example] of policies) {
    virtualHost.routes.unshift({
      match: { prefix: '/', headers: [{ name: 'x-example', string_match: { exact: example } }] },
      route: { cluster: 'backend' },
      typed_per_filter_config: perRoute({
        check_settings: { context_extensions: { 'portcullis.path': `examples/${example}/decision` } },
      }),
    });
  }
  for (const { typed_config } of connectionManager.access_log) {
    typed_config.log_format.json_format['mark'] = '%REQ(X-MARK)%';
    typed_config.log_format.json_format['metadata'] = '%DYNAMIC_METADATA(envoy.filters.http.ext_authz)%';
  }
}

const paths = policies.map(([example]) => `examples/${example}/decision`);

describe.each(['refuse', 'drop'] as const)('decision.mutations: %s', (mutations) => {
  const stack = useStack({
    engine: 'wasm',
    transport: 'tcp',
    policy: {
      rego: Object.fromEntries(policies.map(([example, text]) => [`${example}.rego`, text])),
      entrypoints: paths,
    },
    config: { engine: { paths: paths.map((path) => ({ path })) }, decision: { mutations } },
    envoy: {
      change: (config) => {
        const gateway = gatewayOf(config);
        withoutSecondLock(gateway);
        addRoutes(gateway);
      },
    },
  });

  test.each(
    cases
      .map((documented, index) => ({ ...documented, index }))
      .filter((documented) => documented.mutations === mutations)
      .map(
        (documented) =>
          [documented.example, documented.request.method ?? 'GET', documented.request.path, documented] as const,
      ),
  )('%s: %s %s', async (_example, _method, _path, documented) => {
    const mark = `${mutations}-${documented.index}`;
    const headers = { ...documented.request.headers, 'x-mark': mark, 'x-example': documented.example };
    const request = { method: documented.request.method ?? 'GET' };
    const response = await stack().send(documented.request.path, {
      ...request,
      headers: { ...headers, 'x-echo': '1' },
    });
    expect(response.status).toBe(documented.client.status);
    expect(response.headers).toMatchObject(documented.client.headers ?? {});
    if (documented.client.body !== undefined) expect(response.body).toBe(documented.client.body);
    expectBackend(response, documented);
    await expectLogs(stack(), mark, documented);
  });
});

function expectBackend(response: HttpResponse, { backend }: Case): void {
  if (backend === undefined) return;
  const echo = response.json() as Echo;
  if (backend.path !== undefined) expect(echo.path).toBe(backend.path);
  for (const [name, lines] of Object.entries(backend.headers ?? {}))
    expect(echoedHeader(echo, name), name).toEqual(lines);
}

async function expectLogs({ envoy, portcullis }: Stack, mark: string, documented: Case): Promise<void> {
  const found = await eventually(() => {
    const line = envoy.accessLog().find((entry) => entry['mark'] === mark);
    const record = portcullis.decisionLog().find((entry) => entry['decision_id'] === line?.['decision_id']);
    if (line === undefined || record === undefined) throw new Error('not logged');
    return { line, record };
  });
  expect(found.line['metadata']).toMatchObject(documented.metadata ?? {});
  expect(found.record).toMatchObject(documented.decision_log ?? {});
}

test('each example has a policy and at least one case, and each key is shown', () => {
  expect([...new Set(cases.map(({ example }) => example))].sort()).toEqual(policies.map(([example]) => example).sort());
  for (const [example, text] of policies) expect(text).toContain(`package examples.${example}\n`);
  const keys = [...page.matchAll(/^\| \[(`.*?)\]/gm)].flatMap(([, names = '']) => [...names.matchAll(/`(\w+)`/g)]);
  for (const [, key = ''] of keys)
    expect(
      policies.some(([, text]) => text.includes(`"${key}"`)),
      key,
    ).toBe(true);
  expect(keys.length).toBeGreaterThan(10);
});

test('no code on the page is left out', () => {
  const fences = page.match(/^```\w+.*$/gm) ?? [];
  expect(fences).toHaveLength(blocks.length);
});
