import { expect, test } from 'vitest';
import { createMetrics } from '../../../src/telemetry/metrics.js';
import { mergeMetrics } from '../../../src/workers/merge-metrics.js';

const page = (...lines: string[]) => `${lines.join('\n')}\n`;

test('all samples of a metric stand together under one head, those of single pages beside them', () => {
  const one = page('# HELP a A.', '# TYPE a counter', 'a{worker="0"} 1', '', '# HELP b B.', '# TYPE b gauge', 'b 2');
  const other = page('# HELP a A.', '# TYPE a counter', 'a{worker="1"} 3');
  expect(mergeMetrics([one, other])).toBe(
    page(
      '# HELP a A.',
      '# TYPE a counter',
      'a{worker="0"} 1',
      'a{worker="1"} 3',
      '',
      '# HELP b B.',
      '# TYPE b gauge',
      'b 2',
    ),
  );
  expect(mergeMetrics([])).toBe('');
});

test('of two workers, each metric is there once and each sample twice, told apart by its label', async () => {
  const pages = await Promise.all(
    [0, 1].map(async (worker) => {
      const metrics = createMetrics({ worker });
      metrics.check('allow', 'policy', 0.001 * (worker + 1));
      return (await metrics.scrape()).text;
    }),
  );
  const lines = mergeMetrics(pages).split('\n');
  const heads = lines.filter((line) => line.startsWith('# TYPE'));
  expect(new Set(heads).size).toBe(heads.length);
  const samples = lines.filter((line) => line !== '' && !line.startsWith('#'));
  expect(samples.filter((line) => !/worker="[01]"/.test(line))).toEqual([]);
  expect(new Set(samples.map((line) => line.replace(/ \S+$/, ''))).size).toBe(samples.length);
  expect(samples).toContain('portcullis_checks_total{outcome="allow",reason="policy",worker="0"} 1');
  expect(samples).toContain('portcullis_check_duration_seconds_bucket{le="0.001",worker="0"} 1');
  expect(samples).toContain('portcullis_check_duration_seconds_bucket{le="0.001",worker="1"} 0');
});
