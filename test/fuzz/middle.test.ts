import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toAnswer } from '../../src/check/answer/answer.js';
import { readDecision } from '../../src/check/decision/decision.js';
import { identityRequest } from '../../src/check/identity-request.js';
import { headerView } from '../../src/check/input/headers.js';
import { buildInput } from '../../src/check/input/input.js';
import { createInputDocument } from '../../src/check/input/input-document.js';
import { readCheckRequest } from '../../src/envoy/read-check-request.js';
import { writeCheckResponse } from '../../src/envoy/write-check-response.js';
import type { Caller } from '../../src/identity/identity.js';
import { assertProperty } from './support/assert-property.js';
import { expectSound } from './support/expect-sound.js';
import { identifiers } from './support/identifiers.js';
import { modes, shapes } from './support/options.js';
import { requestBytes } from './support/requests.js';
import { results } from './support/results.js';
import { isWellFormedAllow } from './support/well-formed-allow.js';

describe.each(modes)('%s', (mode, { decision: options, input: inputOptions }) => {
  test.each(shapes)('from bytes to the input of the shape %s nothing throws, and the input is JSON', async (shape) => {
    const outcomes = { unreadable: 0, refused: 0, built: 0 };
    const property = fc.asyncProperty(requestBytes, fc.constantFrom(...identifiers), async (bytes, identify) => {
      const attributes = readCheckRequest(bytes);
      if (!attributes.ok) {
        outcomes.unreadable += 1;
        return;
      }
      const headers = headerView(attributes.value?.request?.http);
      const caller = await identify(identityRequest(attributes.value, headers, Number.POSITIVE_INFINITY), 0);
      if (caller.kind === 'unavailable') throw caller.error;
      const input = buildInput(attributes.value, caller, inputOptions, shape);
      outcomes[input.ok ? 'built' : 'refused'] += 1;
      if (!input.ok) return;
      const text = Buffer.from(createInputDocument(input.value).encoded).toString('utf8');
      expect(JSON.parse(text)).toBeTypeOf('object');
    });
    await assertProperty(`input ${mode} ${shape}`, property, 2_000);
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(10);
  });

  test('A-73 from result to response nothing throws, and only a well-formed allow allows', async () => {
    const outcomes = { fault: 0, allow: 0, deny: 0 };
    const callers = fc.constantFrom<Caller>(
      { kind: 'anonymous' },
      { kind: 'identified', identity: { source: 'test', subject: 'alice', roles: [] } },
      { kind: 'invalid', error: { source: 'test', reason: 'unknown_token' } },
    );
    const property = fc.property(
      results,
      callers,
      fc.string(),
      fc.boolean(),
      (result, caller, target, identityConfigured) => {
        const decision = readDecision(result, options);
        if (!decision.ok) {
          outcomes.fault += 1;
          return;
        }
        const headers = headerView({ headers: { 'x-user': 'forged', cookie: target } });
        const context = { headers, target: `/?${target}`, caller, identityConfigured, realm: 'r', options };
        const answer = toAnswer(decision.value, { ...context, decisionId: '01234567-89ab-cdef-0123-456789abcdef' });
        const outcome = expectSound(writeCheckResponse(answer), options.protected_headers);
        outcomes[outcome] += 1;
        if (outcome === 'allow') expect(isWellFormedAllow(result, options)).toBe(true);
      },
    );
    await assertProperty(`result ${mode}`, property, 5_000);
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(20);
  });
});
