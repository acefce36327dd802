import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { echoedHeader } from '../../support/http.js';
import type { Gateway } from './support/gateway.js';
import { useRawAnswer } from './support/raw-answer.js';
import { useToldDecision } from './support/told-decision.js';

const refusing = useToldDecision();
const dropping = useToldDecision({
  config: { decision: { mutations: 'drop', max_body_size: '1KiB' }, log: { level: 'debug' } },
});

/** What could send the request elsewhere, or frame it otherwise. */
const routing: readonly (readonly [string, string, string])[] = [
  [':path', '/admin', 'pseudo_header'],
  [':method', 'DELETE', 'pseudo_header'],
  [':authority', 'evil.example', 'pseudo_header'],
  [':scheme', 'https', 'pseudo_header'],
  ['host', 'evil.example', 'host_header'],
  ['Host', 'evil.example', 'host_header'],
  ['content-length', '5', 'framing_header'],
  ['transfer-encoding', 'chunked', 'framing_header'],
  ['connection', 'x-user', 'framing_header'],
  ['upgrade', 'websocket', 'framing_header'],
  ['x-envoy-upstream-rq-timeout-ms', '1', 'envoy_header'],
  ['x-envoy-original-path', '/admin', 'envoy_header'],
];

const malformed: readonly (readonly [string, string, string])[] = [
  ['x-a', 'b\r\nx-admin: 1', 'header_value'],
  ['x-a', 'b\nx-admin: 1', 'header_value'],
  ['x-a', 'b\u0000', 'header_value'],
  ['x-a', '\u007f', 'header_value'],
  ['x a', 'b', 'header_name'],
  ['x-a\r\nx-admin', '1', 'header_name'],
  ['x-a:', '1', 'header_name'],
  ['', 'b', 'header_name'],
  ['é', 'b', 'header_name'],
  ['x-a', 'b'.repeat(17_000), 'headers_too_long'],
];

/** The rows behind a name for each that a title has room for. */
function named(rows: readonly (readonly [string, string, string])[]) {
  return rows.map(
    ([name, value, rule]) =>
      [`${JSON.stringify(name)}: ${JSON.stringify(value).slice(0, 40)}`, name, value, rule] as const,
  );
}

/** Directions in which a decision may set a header. */
const directions = (name: string, value: string) => [
  { allowed: true, headers: { [name]: value } },
  { allowed: true, response_headers_to_add: { [name]: value } },
  { allowed: false, headers: { [name]: value } },
];

async function expectRefused(decision: object, rule: string): Promise<void> {
  const invalid = await refusing().count('invalid');
  const outcome = await refusing().decide(decision);
  expect(outcome).toMatchObject({ response: { status: 500, body: '' }, echo: undefined });
  expect(outcome.log).toMatchObject({ details: 'ext_authz_denied' });
  expect(await refusing().count('invalid')).toBe(invalid);
  const decisionId = outcome.log['decision_id'];
  const entry = await eventually(() => {
    const found = refusing()
      .portcullis.logs()
      .find((line) => line['decision_id'] === decisionId);
    if (found === undefined) throw new Error('not logged');
    return found;
  });
  expect(JSON.stringify(entry)).toContain(`(${rule})`);
}

describe('mutations: refuse', () => {
  test.each(named(routing))(
    'C11 setting %s is refused as decision_invalid, before Envoy sees it',
    async (_title, name, value, rule) => {
      for (const decision of directions(name, value)) await expectRefused(decision, rule);
    },
  );

  test.each(named(malformed))(
    'C12 setting %s is refused as decision_invalid, before Envoy sees it',
    async (_title, name, value, rule) => {
      for (const decision of directions(name, value)) await expectRefused(decision, rule);
    },
  );

  test('C13 two names that differ only in case are refused', async () => {
    await expectRefused({ allowed: true, headers: { 'X-Tenant': 'a', 'x-tenant': 'b' } }, 'header_collision');
  });

  test('C30 more than 50 headers are refused, where Envoy would answer 500 only from its own limit on', async () => {
    const headers = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`x-h${index}`, 'v']));
    await expectRefused({ allowed: true, headers }, 'headers_too_many');
    await expectRefused({ allowed: true, response_headers_to_add: headers }, 'headers_too_many');
    await expectRefused({ allowed: false, headers }, 'headers_too_many');
    await expectRefused({ allowed: true, request_headers_to_remove: Object.keys(headers) }, 'removals');
  });

  test('C23 a status outside the table of Envoy, or of the wrong type, is refused', async () => {
    for (const status of [
      0,
      99,
      100,
      200,
      204,
      299,
      306,
      418,
      451,
      512,
      599,
      999,
      1000,
      4_294_967_699,
      -1,
      '403',
      403.5,
      null,
    ]) {
      await expectRefused({ allowed: false, http_status: status }, 'status');
    }
  });
});

describe('mutations: drop', () => {
  const dropped = async (rule: string) => {
    const metrics = await dropping().portcullis.metrics();
    return Number(
      new RegExp(`^portcullis_mutations_dropped_total\\{rule="${rule}"\\} (\\d+)$`, 'm').exec(metrics)?.[1],
    );
  };

  test.each([
    ...named(routing).map((row) => ['C11', ...row] as const),
    ...named(malformed).map((row) => ['C12', ...row] as const),
  ])(
    '%s setting %s is dropped alone and counted; nothing of it is passed on',
    async (_row, _title, name, value, rule) => {
      const before = await dropped(rule);
      const clean = await dropping().decide({ allowed: true });
      const request = await dropping().decide({ allowed: true, headers: { [name]: value, 'x-good': 'v' } });
      expect(request.response.status).toBe(200);
      const lines = request.echo?.headers.filter(([key]) => !['x-mark', 'x-request-id'].includes(key)) ?? [];
      const expected = clean.echo?.headers.filter(([key]) => !['x-mark', 'x-request-id'].includes(key)) ?? [];
      expect([...lines].sort()).toEqual([...expected, ['x-good', 'v']].sort());
      expect(request.echo).toMatchObject({ method: 'GET', path: '/cars', body: '' });

      const response = await dropping().decide({
        allowed: true,
        response_headers_to_add: { [name]: value, 'x-good': 'v' },
      });
      expect(response.response.headers['x-good']).toBe('v');
      expect(response.response.headers['x-admin']).toBeUndefined();
      expect(response.echo?.path).toBe('/cars');

      const denied = await dropping().decide({ allowed: false, headers: { [name]: value, 'x-good': 'v' }, body: 'no' });
      expect(denied.response).toMatchObject({ status: 403, body: 'no', headers: { 'x-good': 'v' } });
      expect(denied.response.headers['x-admin']).toBeUndefined();
      expect(await dropped(rule)).toBe(before + 3);
    },
  );

  test("C12 the client's own header does not stand where the policy's was dropped", async () => {
    const decision = { allowed: true, headers: { 'x-tenant': 'ours\r\n' } };
    const { echo } = await dropping().decide(decision, '/', { headers: { 'x-tenant': 'mine' } });
    expect(echo && echoedHeader(echo, 'x-tenant')).toEqual([]);
  });

  test('C17 nor its own query parameter', async () => {
    const decision = { allowed: true, query_parameters_to_set: { '': 'v', tenant: 'x'.repeat(17_000) } };
    const { echo } = await dropping().decide(decision, '/?tenant=mine&%74enant=mine&a=b');
    expect(echo?.path).toBe('/?a=b');
    expect(await dropped('query_parameter')).toBe(2);
  });

  test('C10 removing host or :path changes nothing', async () => {
    const { echo, response } = await dropping().decide({ allowed: true, request_headers_to_remove: ['host', ':path'] });
    expect(response.status).toBe(200);
    expect(echo?.path).toBe('/cars');
    expect(echo && echoedHeader(echo, 'host')).toHaveLength(1);
  });

  test('C13 of two names that differ only in case neither is passed on', async () => {
    const { echo } = await dropping().decide({ allowed: true, headers: { 'X-Tenant': 'a', 'x-tenant': 'b' } });
    expect(echo && echoedHeader(echo, 'x-tenant')).toEqual([]);
  });

  test.each<readonly [string, object]>([
    ['a wrong type', { allowed: true, headers: { a: 1 } }],
    ['a status', { allowed: false, http_status: 999 }],
    ['a body', { allowed: false, body: 'x'.repeat(2000) }],
    ['a redirect', { allowed: false, http_status: 302, headers: { location: 'https://evil.example' } }],
    [
      'too many removals',
      { allowed: true, request_headers_to_remove: Array.from({ length: 51 }, (_, index) => `h${index}`) },
    ],
  ])('C23 %s still refuses the whole decision', async (_name, decision) => {
    expect(await dropping().decide(decision)).toMatchObject({ response: { status: 500 }, echo: undefined });
  });

  test('C12 the first of a kind is logged at warn, those that follow at debug, none with its value', async () => {
    const decision = { allowed: true, headers: { 'x-secret': 'hush\r\n' } };
    const first = await dropping().decide(decision);
    const second = await dropping().decide(decision);
    const levels = await eventually(() => {
      const lines = dropping()
        .portcullis.logs()
        .filter((line) => line['rule'] === 'header_value');
      const ids = lines.map((line) => line['decision_id']);
      if (!ids.includes(first.log['decision_id']) || !ids.includes(second.log['decision_id']))
        throw new Error('not logged');
      expect(JSON.stringify(lines)).not.toContain('hush');
      return lines.map((line) => line['level']);
    });
    expect(levels[0]).not.toBe(levels.at(-1));
    expect(new Set(levels.slice(1)).size).toBe(1);
  });
});

describe('a policy cannot choose another route', () => {
  const rerouted = (gateway: Gateway) => {
    gateway.extAuthz['clear_route_cache'] = true;
    delete gateway.extAuthz['decoder_header_mutation_rules'];
    gateway.connectionManager.route_config.virtual_hosts.push({
      name: 'internal',
      domains: ['internal.example'],
      routes: [{ match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'internal' } } }],
      typed_per_filter_config: {},
    });
  };
  const guarded = useToldDecision({ change: rerouted });
  const raw = useRawAnswer(rerouted);

  test('C34 with clear_route_cache a host that is set would lead to another virtual host: Portcullis refuses it', async () => {
    const headers = [{ header: { key: 'host', value: 'internal.example' }, append: { value: false } }];
    expect((await raw().send({ status: {}, ok_response: { headers } })).body).toBe('internal');
    expect((await guarded().decide({ allowed: true, headers: { host: 'internal.example' } })).response).toMatchObject({
      status: 500,
      body: '',
    });
    expect((await guarded().decide({ allowed: true, headers: { ':path': '/x' } })).response.status).toBe(500);
    expect((await guarded().decide({ allowed: true, headers: { 'x-tenant': 'a' } })).response.status).toBe(200);
  });
});

describe('Envoy alone, without our guard', () => {
  const validating = useRawAnswer(({ extAuthz }) => {
    extAuthz['validate_mutations'] = true;
    delete extAuthz['decoder_header_mutation_rules'];
  });
  const lax = useRawAnswer(({ extAuthz }) => {
    delete extAuthz['decoder_header_mutation_rules'];
  });
  const header = (key: string, value: string) => [{ header: { key, value }, append: { value: false } }];
  const echo = { headers: { 'x-echo': '1' } };

  test.each([
    ['x-a', 'b\r\nx-admin: 1'],
    ['x-a', 'b\u0000'],
    ['x a', 'b'],
  ])('C12 with validate_mutations Envoy answers 500 to %j: %j and counts it as invalid', async (key, value) => {
    for (const answer of [
      { status: {}, ok_response: { headers: header(key, value) } },
      { status: {}, ok_response: { response_headers_to_add: header(key, value) } },
      { status: { code: 7 }, denied_response: { headers: header(key, value) } },
    ]) {
      const invalid = await validating().count('invalid');
      expect((await validating().send(answer)).status).toBe(500);
      expect(await validating().count('invalid')).toBeGreaterThan(invalid);
    }
  });

  test('C12 without it a line break in a denial splits the response', async () => {
    const answer = { status: { code: 7 }, denied_response: { headers: header('x-a', 'b\r\nset-cookie: a=b') } };
    expect((await lax().send(answer)).headers['set-cookie']).toBeDefined();
  });

  test('C12 an empty name passes even validate_mutations, and the backend refuses what it gets', async () => {
    expect((await validating().send({ status: {}, ok_response: { headers: header('', 'v') } })).status).toBe(400);
  });

  test('C11 without decoder_header_mutation_rules Envoy changes path and host as it is told', async () => {
    const at = await lax().send({ status: {}, ok_response: { headers: header(':path', '/admin') } }, '/', echo);
    expect(at.json()).toMatchObject({ path: '/admin' });
    const host = await lax().send({ status: {}, ok_response: { headers: header('host', 'evil.example') } }, '/', echo);
    expect((host.json() as { headers: unknown }).headers).toContainEqual(['host', 'evil.example']);
  });

  test('C10 Envoy ignores a removal of host and :path', async () => {
    const answer = { status: {}, ok_response: { headers_to_remove: ['host', ':path', 'x-echoed'] } };
    const response = await lax().send(answer, '/cars', echo);
    expect(response.json()).toMatchObject({ path: '/cars' });
  });
});

describe('decoder_header_mutation_rules', () => {
  const rules = { disallow_expression: { regex: 'x-forbidden' }, disallow_system: true };
  const asError = useRawAnswer(({ extAuthz }) => {
    extAuthz['decoder_header_mutation_rules'] = { ...rules, disallow_is_error: true };
  });
  const ignored = useRawAnswer(({ extAuthz }) => {
    extAuthz['decoder_header_mutation_rules'] = { ...rules, disallow_is_error: false };
  });
  const set = (name: string) => ({
    status: {},
    ok_response: { headers: [{ header: { key: name, value: 'v' }, append: { value: false } }] },
  });

  test('C31 what the rules forbid is ignored, or 500 with disallow_is_error', async () => {
    for (const name of ['x-forbidden', ':path', 'host']) {
      const response = await ignored().send(set(name), '/cars', { headers: { 'x-echo': '1' } });
      expect(response.json()).toMatchObject({ path: '/cars' });
      expect(JSON.stringify(response.json())).not.toContain('"v"');
      expect((await asError().send(set(name))).status).toBe(500);
    }
    expect((await asError().send(set('x-other'))).status).toBe(200);
  });

  const shipped = useToldDecision({
    change: ({ extAuthz }) => {
      extAuthz['decoder_header_mutation_rules'] = { ...rules, disallow_is_error: true };
    },
  });

  test('C31 an operator can forbid a header that Portcullis would pass on', async () => {
    expect((await shipped().decide({ allowed: true, headers: { 'x-forbidden': 'v' } })).response.status).toBe(500);
    expect((await shipped().decide({ allowed: true, headers: { 'x-other': 'v' } })).response.status).toBe(200);
  });
});
