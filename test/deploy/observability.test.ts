import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { bringUp, type Project } from './support/compose.js';
import { report } from './support/report.js';

// Prometheus alone of the profile: the images of the collector and of Grafana are on no registry that tests may use.

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

const patient = { within: 60_000, every: 250 };
let project: Project;

beforeAll(async () => {
  const services = ['envoy', 'prometheus'];
  project = await bringUp({
    profile: 'observability',
    services,
    port: 'GATEWAY_PORT',
    furtherPorts: ['PROMETHEUS_PORT'],
  });
  report('docker compose --profile observability up --wait envoy prometheus, images built', `${project.startTime} ms`);
}, 900_000);
afterAll(() => project?.down(), 120_000);

async function ask<Data>(path: string): Promise<Data> {
  const response = await fetch(`${project.urls['PROMETHEUS_PORT']}/api/v1/${path}`);
  return ((await response.json()) as { data: Data }).data;
}

async function query(expression: string): Promise<readonly Series[]> {
  return (await ask<{ result: readonly Series[] }>(`query?query=${encodeURIComponent(expression)}`)).result;
}

test('B-42 the checks that went through Envoy are counted in Prometheus, by outcome and reason', async () => {
  await project.send('/cars');
  await project.send('/v1/admin/users/t', { method: 'POST' });
  await eventually(async () => {
    const counted = await query('portcullis_checks_total{reason="policy"} > 0');
    expect(counted.map(({ metric }) => metric['outcome']).sort()).toEqual(['allow', 'deny']);
  }, patient);
});

test('the rules of the alarms are accepted, and silent while all is well', async () => {
  const { groups } = await ask<{ groups: readonly { rules: readonly { name: string; health: string }[] }[] }>('rules');
  const rules = groups.flatMap((group) => group.rules);
  expect(rules.map(({ name }) => name)).toContain('PortcullisDown');
  await eventually(async () => expect(await query('up{job="portcullis"} == 1')).toHaveLength(1), patient);
  expect(await query('ALERTS{alertname="PortcullisDown"}')).toEqual([]);
});

test('when Portcullis is gone, the alarm is raised', async () => {
  await project.compose(['kill', 'portcullis']);
  await eventually(async () => {
    const [alarm] = await query('ALERTS{alertname="PortcullisDown"}');
    expect(alarm?.metric['alertstate']).toMatch(/^(pending|firing)$/);
  }, patient);
}, 90_000);
