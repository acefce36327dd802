import { describe, expect, test } from 'vitest';
import { echoedHeader } from '../../support/http.js';
import { useSeenInput } from '../matrix/support/seen-input.js';
import { expectAgreement, headersSeen } from './support/agreement.js';
import { gateways } from './support/gateways.js';
import { http2Outcome } from './support/http2-outcome.js';
import { ask, askPassed } from './support/raw-request.js';

type Expected = 'same' | 'Envoy' | 'Portcullis';
type Row = readonly [what: string, lines: readonly string[], expected: Expected];

const rows: readonly Row[] = [
  ['a repeated header', ['x-a: 1', 'X-A: 2', 'x-a: 1'], 'same'],
  ['a header with commas', ['x-a: 1, 2,3'], 'same'],
  ['an empty header', ['x-a:'], 'same'],
  ['blanks around a value', ['x-a: \t 1 \t '], 'same'],
  ['tokens that look odd', ["x-!#$%&'*+.^`|~: 1"], 'same'],
  ['a name of the prototype', ['constructor: 1'], 'same'],
  ['a folded line, which Envoy unfolds', ['x-a: 1', '  2'], 'same'],
  ['a line that ends in LF alone', ['x-a: 1\nx-b: 2'], 'same'],
  ['a lone CR in a value', ['x-a: 1\rx-b: 2'], 'same'],
  ['a control in a value', ['x-a: 1\x01'], 'Envoy'],
  ['NUL in a value', ['x-a: 1\0'], 'Envoy'],
  ['a blank before the colon', ['x-a : 1'], 'Envoy'],
  ['a blank in a name', ['x a: 1'], 'Envoy'],
  ['a parenthesis in a name', ['x(a: 1'], 'Envoy'],
  ['a control in a name', ['x\x01a: 1'], 'Envoy'],
  ['a byte beyond ASCII in a name', ['x\xff: 1'], 'Envoy'],
  ['an empty name', [': 1'], 'Envoy'],
  ['a line without a colon', ['x-a'], 'Envoy'],
  ['two Authorization lines, which Envoy joins', ['authorization: Bearer a', 'authorization: Bearer b'], 'same'],
  ['two credentials in one line', ['authorization: Bearer a, Bearer b'], 'same'],
  ['a second host', ['Host: other.example'], 'Portcullis'],
  ['two lengths that are equal', ['content-length: 2', 'content-length: 2'], 'Envoy'],
  ['two lengths that differ', ['content-length: 2', 'content-length: 3'], 'Envoy'],
  ['two lengths in one line', ['content-length: 2, 2'], 'Envoy'],
  ['a length with a sign', ['content-length: +2'], 'Envoy'],
  ['a hexadecimal length', ['content-length: 0x2'], 'Envoy'],
  ['a length and chunks', ['content-length: 2', 'transfer-encoding: chunked'], 'Envoy'],
  ['chunks after another coding', ['transfer-encoding: gzip, chunked'], 'Envoy'],
  ['an unknown coding', ['transfer-encoding: xchunked'], 'Envoy'],
  ['chunks twice', ['transfer-encoding: chunked', 'transfer-encoding: chunked'], 'Envoy'],
  ['no coding', ['transfer-encoding: identity'], 'Envoy'],
  ['more headers than Envoy takes', Array.from({ length: 120 }, (_, index) => `x-${index}: 1`), 'Envoy'],
  ['the partial-body header of Envoy itself', ['x-envoy-auth-partial-body: true'], 'same'],
];

const hosts: readonly (readonly [host: string, expected: Expected])[] = [
  ['gateway.example,other.example', 'Portcullis'],
  ['alice@gateway.example', 'Portcullis'],
  ['gateway.example/x', 'Envoy'],
  ['%67ateway.example', 'Portcullis'],
  ['gateway.example\\x', 'Envoy'],
  ['gateway .example', 'Envoy'],
  ['gateway.example\xff', 'Envoy'],
  ['GATEWAY.example', 'same'],
  ['gateway.example.', 'same'],
  ['gateway.example:8080', 'same'],
  ['[::1]:8080', 'same'],
  ['127.1', 'same'],
];

describe.each(gateways)('$name', ({ change, name, strictness }) => {
  const stack = useSeenInput({ change });
  const lines = name.endsWith('lines');

  test.concurrent.each(rows)(
    '%s: policy and backend see the same, or it is refused',
    async (_what, headers, expected) => {
      const outcome = await ask(stack(), {
        headers,
        ...(/^(?:content-l|transfer)/.test(headers[0] ?? '') && { body: '{}' }),
      });
      expect(outcome.refusedBy ?? 'same').toBe(expected);
      if (outcome.refusedBy === undefined && expected === 'same') await sameBut(outcome, headers);
      else expect(outcome.status).toBeGreaterThanOrEqual(400);
    },
  );

  test.concurrent.each(hosts)(
    'the host %j: policy and backend see the same, or it is refused',
    async (host, expected) => {
      const outcome = await ask(stack(), { host });
      expect(outcome.refusedBy ?? 'same').toBe(expected);
      if (outcome.refusedBy === undefined) await expectAgreement(outcome);
    },
  );

  test('the value of a header that is no UTF-8 is told apart in header lines only', async () => {
    const { input, echo } = await askPassed(stack(), { headers: ['x-a: 1\xff'] });
    expect(Buffer.from(echoedHeader(echo, 'x-a')[0] ?? '', 'utf8').toString('utf8')).toBe('1\xff');
    // Envoy itself writes `!` in the map: `encode_raw_headers` is what shows the bytes.
    expect(headersSeen(input).get('x-a')).toBe(lines ? '1\xff' : '1!');
  });

  test('two Cookie lines are one with a comma in the map, and two in header lines', async () => {
    const { input, echo } = await askPassed(stack(), { headers: ['cookie: a=1', 'cookie: b=2'] });
    expect(echoedHeader(echo, 'cookie')).toEqual(['a=1', 'b=2']);
    const { headers, headerMap } = input.attributes.request.http;
    if (lines) expect(headerMap.headers.filter(({ key }: { key: string }) => key === 'cookie')).toHaveLength(2);
    else expect(headers.cookie).toBe('a=1,b=2');
  });

  test('names with underscores are refused by the shipped Envoy, and else seen by policy and backend alike', async () => {
    const outcome = await ask(stack(), { headers: ['x_a: 1', 'x-a: 2'] });
    expect(outcome.refusedBy).toBe(strictness === 'hardened' ? 'Envoy' : undefined);
    if (outcome.refusedBy === undefined) await expectAgreement(outcome);
  });

  test.concurrent.each([
    ['connection', 'close'],
    ['te', 'gzip'],
    ['transfer-encoding', 'chunked'],
    ['content-length', '3'],
    [':method', 'GeT'],
    [':method', ''],
    [':scheme', ''],
    [':authority', 'a.example,b.example'],
    [':authority', 'alice@a.example'],
  ])('over HTTP/2 the header %s: %s is refused', async (header, value) => {
    const outcome = await http2Outcome(stack().url, { [header]: value }).catch(() => 'reset by the client');
    expect([400, 'reset', 'reset by the client']).toContain(outcome);
  });
});

/** Save for a header that Envoy replaces by its own. */
async function sameBut(outcome: Parameters<typeof expectAgreement>[0], headers: readonly string[]): Promise<void> {
  const { input, echo } = outcome;
  if (!headers[0]?.startsWith('x-envoy-')) return expectAgreement(outcome);
  const others = echo.headers.filter(([name]) => name !== 'x-envoy-auth-partial-body');
  await expectAgreement({ ...outcome, input, echo: { ...echo, headers: others } });
  expect(input.truncated_body).toBe(false);
}
