import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCheck } from '../../src/check/check.js';
import type { CheckState } from '../../src/check/check-state.js';
import { decisionPaths } from '../../src/check/decision-path.js';
import { SettledVerdicts } from '../../src/check/settled-verdicts.js';
import type { Engine, Evaluation } from '../../src/engine/engine.js';
import { type ErrorCode, errorCodes, PortcullisError } from '../../src/errors/portcullis-error.js';
import { assertProperty } from './support/assert-property.js';
import { expectSound } from './support/expect-sound.js';
import { identifiers } from './support/identifiers.js';
import { modes } from './support/options.js';
import { requestBytes } from './support/requests.js';
import { results } from './support/results.js';
import { isWellFormedAllow } from './support/well-formed-allow.js';

/** What an engine does when it is asked: by its contract, or against it. */
type Behaviour =
  | { readonly does: 'answer'; readonly evaluation: unknown }
  | { readonly does: 'throw'; readonly with: unknown }
  | { readonly does: 'reject'; readonly with: unknown };

const thrown = fc.constantFrom<unknown>(
  new Error('e'),
  new PortcullisError('policy_error', 'p'),
  'text',
  undefined,
  null,
);
const evaluations = fc.oneof(
  { weight: 6, arbitrary: results.map((result) => ({ kind: 'result', result })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'undefined' }) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...(Object.keys(errorCodes) as ErrorCode[]))
      .map((code) => ({ kind: 'failed', error: new PortcullisError(code, 'm') })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      undefined,
      null,
      true,
      {},
      { kind: 'allow' },
      { kind: 'result' },
      { kind: 'failed' },
    ),
  },
);
const behaviours: fc.Arbitrary<Behaviour> = fc.oneof(
  { weight: 8, arbitrary: evaluations.map((evaluation) => ({ does: 'answer' as const, evaluation })) },
  { weight: 1, arbitrary: thrown.map((error) => ({ does: 'throw' as const, with: error })) },
  { weight: 1, arbitrary: thrown.map((error) => ({ does: 'reject' as const, with: error })) },
);

function engineThat(behaviour: Behaviour, later: boolean): Engine {
  return {
    kind: 'fake',
    evaluate: () => {
      if (behaviour.does === 'throw') throw behaviour.with;
      if (behaviour.does === 'reject') return Promise.reject(behaviour.with);
      const evaluation = behaviour.evaluation as Evaluation;
      return later ? Promise.resolve(evaluation) : evaluation;
    },
    revision: () => undefined,
    ready: () => true,
    onReadyChange: () => () => {},
    close: async () => {},
  };
}

const paths = decisionPaths([
  { path: 'a/envoy', shape: 'envoy' },
  { path: 'a/http-api', shape: 'http-api' },
]);

describe.each(modes)('%s', (mode, options) => {
  test('whatever Envoy sends and the engine does, the answer is explicit, and only a well-formed allow allows', async () => {
    const outcomes = { allow: 0, deny: 0, error: 0 };
    const property = fc.asyncProperty(
      requestBytes,
      behaviours,
      fc.constantFrom(...identifiers),
      fc.record({ later: fc.boolean(), brokenObserver: fc.constantFrom(true, ...Array<boolean>(9).fill(false)) }),
      async (bytes, behaviour, identify, { brokenObserver, later }) => {
        const state: CheckState = {
          ...options,
          engine: engineThat(behaviour, later),
          paths,
          identify,
          identityConfigured: identify !== identifiers[0],
          publicPaths: new Set(['/a']),
          realm: 'test',
          timeout: 1_000,
          verdicts: new SettledVerdicts(),
        };
        const observe = () => {
          if (brokenObserver) throw new Error('the observer is broken');
        };
        const call = { deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };
        const reply = await createCheck(() => state, observe)(bytes, call);
        const outcome =
          reply.kind === 'status' ? 'error' : expectSound(reply.bytes, options.decision.protected_headers);
        outcomes[outcome] += 1;
        if (outcome !== 'allow') return;
        expect(brokenObserver).toBe(false);
        expect(resultOf(behaviour)).toBeDefined();
        expect(isWellFormedAllow(resultOf(behaviour), options.decision)).toBe(true);
      },
    );
    await assertProperty(`check ${mode}`, property, 4_000);
    expect(outcomes.allow).toBeGreaterThan(20);
    expect(outcomes.deny).toBeGreaterThan(20);
  });
});

function resultOf(behaviour: Behaviour): unknown {
  if (behaviour.does !== 'answer') return undefined;
  const { kind, result } = Object(behaviour.evaluation) as { kind?: unknown; result?: unknown };
  return kind === 'result' ? result : undefined;
}
