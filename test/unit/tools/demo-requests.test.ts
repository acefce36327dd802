import { expect, test } from 'vitest';
import { formatChecked, isAsExpected } from '../../../scripts/demo/check-requests.js';
import { curlLine, type DemoRequest } from '../../../scripts/demo/requests.js';

const request: DemoRequest = { rows: 'A-10', method: 'GET', path: '/cars', status: 200, why: 'everyone may look' };

test('a plain request is a plain line', () => {
  expect(curlLine(request, 'http://127.0.0.1:8080')).toBe('curl -i http://127.0.0.1:8080/cars');
});

test('method, token and body are options', () => {
  const line = curlLine({ ...request, method: 'PUT', as: 'alice', body: '{}' }, 'http://h');
  expect(line).toBe(
    "curl -i -X PUT -H 'authorization: Bearer alice-demo-token' -H 'content-type: application/json' -d '{}' http://h/cars",
  );
});

test('curl must not resolve dot segments itself', () => {
  expect(curlLine({ ...request, path: '/health/../x' }, 'http://h')).toContain('--path-as-is');
});

test('another status than the expected one counts as a failure', () => {
  const good = { request, status: 200 };
  const bad = { request, status: 403 };
  expect([good, bad].map(isAsExpected)).toEqual([true, false]);
  const text = formatChecked([good, bad]);
  expect(text).toMatch(/^ok {5}A-10/);
  expect(text).toMatch(/FAILED A-10 {2}403 .*expected 200/);
  expect(text).toMatch(/1 as expected, 1 not$/);
});
