import { describe, expect, test } from 'vitest';
import { useSeenInput } from '../matrix/support/seen-input.js';
import { gateways } from './support/gateways.js';
import { ask } from './support/raw-request.js';

/** Too many to show: the input is given as the number of pairs that the policy saw. */
const decision = `{"dynamic_metadata": {"input": sprintf("%d", [sum([count(v) | some v in input.parsed_query])])}}`;

const pairs = (count: number) => Array.from({ length: count }, (_, index) => (index % 2 === 0 ? 'a' : 'b=')).join('&');

describe.each(gateways)('$name', ({ change }) => {
  const stack = useSeenInput({ change, decision });

  test('10,000 pairs in a query reach the policy, and the request goes on', async () => {
    const { input, log, response } = await stack().ask(`/?${pairs(10_000)}`);
    expect(input).toBe(10_000);
    // The backend's own limit for a request line is lower.
    expect(response.status).toBe(431);
    expect(log['details']).toBe('via_upstream');
  });

  test('one pair more is refused', async () => {
    expect(await ask(stack(), { target: `/?${pairs(10_001)}` })).toEqual({ refusedBy: 'Portcullis', status: 400 });
  });
});
