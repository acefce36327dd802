import { expect, test } from 'vitest';
import { parseGrpcTimeout } from '../../../../src/server/http2/grpc-timeout.js';

test.each([
  ['1H', 3_600_000],
  ['2M', 120_000],
  ['3S', 3_000],
  ['200m', 200],
  ['1500u', 1.5],
  ['1000000n', 1],
  ['0m', 0],
  ['00000200m', 200],
  ['99999999H', 359_999_996_400_000],
])('%s is %d ms', (text, milliseconds) => {
  const parsed = parseGrpcTimeout(text);
  expect(parsed.ok && parsed.value).toBeCloseTo(milliseconds, 9);
});

test.each([
  '',
  'm',
  '1',
  '100000000m',
  '-1m',
  '+1m',
  '1.5S',
  '1e3m',
  ' 1m',
  '1 m',
  '1m ',
  '1m\n',
  '1x',
  '1s',
  '1h',
  '1mm',
  '0x1m',
  '١m',
  '1m, 1m',
  '1constructor',
])('%j is malformed', (text) => {
  expect(parseGrpcTimeout(text)).toEqual({ ok: false, error: 'malformed grpc-timeout' });
});
