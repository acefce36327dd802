import { describe, expect, test } from 'vitest';
import { buildInput, type InputOptions } from '../../../src/check/input/input.js';
import type { StringMap } from '../../../src/envoy/attributes.js';
import { pluginInput, strictInput } from './options.js';

const body = '{"a":1}';

function truncated(limit: string | undefined, options: InputOptions, headers: StringMap = {}): unknown {
  const http = {
    method: 'POST',
    path: '/',
    rawBody: Buffer.from(body),
    headers: { 'content-type': 'application/json', 'x-envoy-auth-partial-body': 'false', ...headers },
  };
  const contextExtensions: StringMap = limit === undefined ? {} : { 'portcullis.max_request_bytes': limit };
  const input = buildInput({ request: { http }, contextExtensions }, { kind: 'anonymous' }, options, 'envoy');
  if (!input.ok) throw new Error(input.error.reason);
  expect(input.value['parsed_body'] === null).toBe(input.value['truncated_body']);
  return input.value['truncated_body'];
}

describe.each([
  ['strict', strictInput],
  ['opa-envoy-plugin', pluginInput],
] as const)('portcullis.max_request_bytes with %s', (_name, options) => {
  const length = String(body.length);

  test('B6 a body that fills the limit may go on, whatever the partial-body header says', () => {
    expect(truncated(length, options)).toBe(true);
    expect(truncated(String(body.length - 1), options)).toBe(true);
    expect(truncated('0', options)).toBe(true);
  });

  test('B6 one that does not is whole', () => {
    expect(truncated(undefined, options)).toBe(false);
    expect(truncated(String(body.length + 1), options)).toBe(false);
  });

  test('B6 a content-length shows that it is whole, or that it is not', () => {
    expect(truncated(length, options, { 'content-length': length })).toBe(false);
    expect(truncated(length, options, { 'content-length': String(body.length + 1) })).toBe(true);
  });

  test.each(['', '-1', '1e9', '8KiB', '9'.repeat(16)])(
    'a limit that is no number (%o) makes every body partial',
    (limit) => {
      expect(truncated(limit, options)).toBe(true);
    },
  );
});
