import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorCodes } from '../../../src/errors/portcullis-error.js';
import { checkOutcomes, checkReasons } from '../../../src/telemetry/check-reason.js';
import { metricDescriptions } from '../../../src/telemetry/metric-descriptions.js';
import { createMetrics, type Metrics } from '../../../src/telemetry/metrics.js';
import { supervisorMetricDescriptions } from '../../../src/telemetry/supervisor-metrics.js';

const idle = { ready: () => true, checksInFlight: () => 0, policy: () => ({ engine: 'wasm', revision: 'r1' }) };

async function lines(metrics: Metrics): Promise<string[]> {
  return (await metrics.scrape()).text.split('\n').filter((line) => line !== '');
}

test('B-42 every pair of outcome and reason that can occur stands at zero from the start', async () => {
  const scraped = await lines(createMetrics({ processMetrics: false }));
  for (const outcome of ['allow', 'deny', 'error'] as const) {
    for (const reason of checkOutcomes[outcome]) {
      expect(scraped).toContain(`portcullis_checks_total{outcome="${outcome}",reason="${reason}"} 0`);
    }
  }
  for (const code of Object.keys(errorCodes)) expect(scraped).toContain(`portcullis_errors_total{code="${code}"} 0`);
});

test('each reason belongs to some outcome, and no failure to allow', () => {
  expect(new Set(Object.values(checkOutcomes).flat())).toEqual(new Set(checkReasons));
  expect(checkOutcomes.allow).toEqual(['policy', 'dry_run']);
});

test('B-42 counts checks by outcome and reason and keeps the times of checks and of the engine', async () => {
  const metrics = createMetrics({ processMetrics: false });
  metrics.check('allow', 'policy', 0.0004);
  metrics.check('allow', 'policy', 0.2);
  metrics.check('error', 'engine_timeout', 0.15);
  metrics.engineDuration('opa')(0.003);
  const scraped = await lines(metrics);
  expect(scraped).toContain('portcullis_checks_total{outcome="allow",reason="policy"} 2');
  expect(scraped).toContain('portcullis_checks_total{outcome="error",reason="engine_timeout"} 1');
  expect(scraped).toContain('portcullis_check_duration_seconds_count 3');
  expect(scraped).toContain('portcullis_check_duration_seconds_bucket{le="0.0005"} 1');
  expect(scraped).toContain('portcullis_check_duration_seconds_bucket{le="0.25"} 3');
  expect(scraped).toContain('portcullis_engine_duration_seconds_count{engine="opa"} 1');
});

test('gauges are read at each scrape', async () => {
  const metrics = createMetrics({ processMetrics: false });
  let ready = false;
  let inFlight = 3;
  metrics.observe({ ...idle, ready: () => ready, checksInFlight: () => inFlight });
  expect(await lines(metrics)).toEqual(expect.arrayContaining(['portcullis_ready 0', 'portcullis_checks_in_flight 3']));
  ready = true;
  inFlight = 0;
  expect(await lines(metrics)).toEqual(expect.arrayContaining(['portcullis_ready 1', 'portcullis_checks_in_flight 0']));
});

test('C-48 names the revision that answers now, and only that one', async () => {
  const metrics = createMetrics({ processMetrics: false });
  let revision: string | undefined = 'r1';
  metrics.observe({ ...idle, policy: () => ({ engine: 'wasm', revision }) });
  const policies = async () => (await lines(metrics)).filter((line) => line.startsWith('portcullis_policy_info'));
  expect(await policies()).toEqual(['portcullis_policy_info{engine="wasm",revision="r1"} 1']);
  revision = 'r2';
  expect(await policies()).toEqual(['portcullis_policy_info{engine="wasm",revision="r2"} 1']);
  revision = undefined;
  expect(await policies()).toEqual(['portcullis_policy_info{engine="wasm",revision=""} 1']);
});

test('counts callers, reloads, errors and lost records', async () => {
  const metrics = createMetrics({ processMetrics: false });
  metrics.identity('token-file', 'expired_token');
  metrics.configReload('refused');
  metrics.error('engine_unreachable');
  metrics.mutationDropped('header_value');
  metrics.decisionLogDropped(5);
  expect(await lines(metrics)).toEqual(
    expect.arrayContaining([
      'portcullis_identity_total{source="token-file",result="expired_token"} 1',
      'portcullis_config_reloads_total{result="refused"} 1',
      'portcullis_config_reloads_total{result="applied"} 0',
      'portcullis_errors_total{code="engine_unreachable"} 1',
      'portcullis_mutations_dropped_total{rule="header_value"} 1',
      'portcullis_mutations_dropped_total{rule="host_header"} 0',
      'portcullis_decision_log_dropped_total 5',
    ]),
  );
});

test('two sets of metrics know nothing of each other', async () => {
  const [one, other] = [createMetrics({ processMetrics: false }), createMetrics({ processMetrics: false })];
  one.check('deny', 'policy', 0.001);
  expect(await lines(other)).toContain('portcullis_checks_total{outcome="deny",reason="policy"} 0');
});

test('docs/metrics.md has one row for each metric that is exposed', async () => {
  const metrics = createMetrics({ processMetrics: false });
  metrics.observe(idle);
  const { text } = await metrics.scrape();
  const exposed = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
  const described = Object.values(metricDescriptions);
  expect(exposed.sort()).toEqual(described.map(({ name, type }) => `${name} ${type}`).sort());

  const supervisor = Object.values(supervisorMetricDescriptions);
  const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `portcullis_'));
  const expected = [...described, ...supervisor].map(({ name, type, labels, help }) => {
    const names = labels.map((label) => `\`${label}\``).join(', ') || '–';
    return `| \`${name}\` | ${type} | ${names} | ${help} |`;
  });
  expect(rows).toEqual(expected);
  for (const reason of checkReasons) expect(page).toContain(`| \`${reason}\` |`);
});
