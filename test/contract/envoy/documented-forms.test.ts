import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { configSchema } from '../../../src/config/schema.js';
import { validate } from './validate.js';

interface Snippet {
  /** What stands after `yaml` where the code begins. */
  readonly label: string;
  readonly value: Record<string, unknown>;
}

const page = await readFile(new URL('../../../docs/envoy.md', import.meta.url), 'utf8');
const snippets: Snippet[] = [...page.matchAll(/^```yaml ?(.*)\n([\s\S]*?)^```$/gm)].map(
  ([, label = '', text = '']) => ({
    label,
    value: parse(text),
  }),
);

const labelled = (ending: RegExp) => snippets.filter(({ label }) => ending.test(label));

const cluster = (name: string) => ({ name, type: 'STATIC', load_assignment: { cluster_name: name, endpoints: [] } });
const router = { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' };
const manager = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

/** A valid configuration around a piece of one: what the piece names stands in the place of what is here. */
function around(piece: Record<string, unknown>): unknown {
  const httpConnectionManager = {
    '@type': manager,
    stat_prefix: 'skeleton',
    route_config: {
      virtual_hosts: [
        {
          name: 'backend',
          domains: ['*'],
          routes: [piece['route'] ?? { match: { prefix: '/' }, route: { cluster: 'backend' } }],
        },
      ],
    },
    http_filters: piece['http_filters'] ?? [{ name: 'envoy.filters.http.router', typed_config: router }],
  };
  const listener = {
    name: 'skeleton',
    address: { socket_address: { address: '127.0.0.1', port_value: 10_000 } },
    filter_chains: [
      {
        filters: piece['filters'] ?? [
          { name: 'envoy.filters.network.http_connection_manager', typed_config: httpConnectionManager },
        ],
      },
    ],
  };
  const given = (piece['clusters'] ?? []) as { name: string }[];
  const others = ['backend', 'portcullis'].filter((name) => !given.some((candidate) => candidate.name === name));
  return {
    static_resources: { listeners: piece['listeners'] ?? [listener], clusters: [...given, ...others.map(cluster)] },
  };
}

test('the skeleton itself is accepted without a warning', async () => {
  expect(await validate(around({}))).toMatchObject({ accepted: true, log: expect.not.stringContaining('eprecated') });
});

for (const { label, value } of labelled(/ right$/)) {
  test(`${label}: the form is accepted and nothing in it is deprecated`, async () => {
    const { accepted, log } = await validate(around(value));
    expect(log).not.toMatch(/deprecated/i);
    expect(accepted, log).toBe(true);
  });
}

const complaints: Readonly<Record<string, RegExp>> = {
  'B-20 wrong': /no such field: 'config'/,
  'B-21 wrong': /no such field: 'config'/,
  'B-22 wrong': /terminal/,
  'B-23 wrong': /no such field: 'hosts'/,
  'B-24 wrong': /[Dd]eprecated .*http2_protocol_options/,
};

for (const { label, value } of labelled(/ wrong$/)) {
  test(`${label}: the line is refused, or accepted with a warning`, async () => {
    const { log } = await validate(around(value));
    expect(log).toMatch(complaints[label] ?? /there is no such row/);
  });
}

test('each row that has a form has one on the page', () => {
  const rows = labelled(/ right$/).flatMap(({ label }) => label.split(' '));
  expect(rows).toEqual(
    expect.arrayContaining(['B-20', 'B-21', 'B-22', 'B-23', 'B-24', 'B-25', 'B-26', 'B-27', 'B-28']),
  );
});

test('the route for another decision path is accepted', async () => {
  const [snippet] = labelled(/^route$/);
  expect(await validate(around({ route: snippet?.value }))).toMatchObject({ accepted: true });
});

test.each(labelled(/^portcullis$/))(
  'B-29 the configuration of Portcullis is accepted: $value.grpc.address',
  ({ value }) => {
    expect(configSchema.safeParse(value).error).toBeUndefined();
  },
);

test('each piece of code on the page is one of these', () => {
  const known = /^(B-\d\d )+(right|wrong)$|^network right$|^route$|^portcullis$/;
  expect(snippets.filter(({ label }) => !known.test(label))).toEqual([]);
});
