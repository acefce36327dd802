import { describe, expect, test } from 'vitest';
import { presetAnswer, recordedDifferences } from '../../../scripts/docs/compatibility/deviations.js';
import { toAnswer } from '../../../src/check/answer/answer.js';
import { refusedAnswer } from '../../../src/check/answer/fixed-answers.js';
import { readDecision } from '../../../src/check/decision/decision.js';
import { buildInput } from '../../../src/check/input/input.js';
import { readCheckRequest } from '../../../src/envoy/read-check-request.js';
import { writeCheckResponse } from '../../../src/envoy/write-check-response.js';
import { encodeJson } from '../../../src/json/encode.js';
import { parseJson } from '../../../src/json/parse.js';
import { canonicalJson } from './canonical-json.js';
import { describeResponse } from './describe-reply.js';
import { answerContext, decisionId, pluginDecision, pluginInput } from './options.js';
import { decodeResponse, encodeRequest } from './peer-codec.js';
import { type DecisionCase, type InputCase, recording } from './peer-recording.js';

function inputOf(recorded: InputCase) {
  const attributes = readCheckRequest(encodeRequest(recorded.request));
  if (!attributes.ok) throw new Error(attributes.error);
  return buildInput(attributes.value, { kind: 'anonymous' }, pluginInput, 'envoy');
}

describe('the input is the one of opa-envoy-plugin', () => {
  const built = recording.input.filter(({ input }) => input !== undefined);

  test.each(built)('$group $name', (recorded) => {
    const input = inputOf(recorded);
    expect(input.ok && canonicalJson(encodeJson(input.value))).toBe(canonicalJson(recorded.input ?? ''));
  });

  const refused = recording.input.filter(({ response }) => response !== undefined);

  test.each(refused)('refused: $group $name', (recorded) => {
    const input = inputOf(recorded);
    if (input.ok) throw new Error('not refused');
    const answer = refusedAnswer(input.error, 'opa-envoy-plugin', decisionId);
    expect(answer.status).toBe(400);
    expect(answer.body).toBe(recorded.response?.deniedResponse.body);
    expect(answer.statusMessage).toBe(recorded.response?.status.message);
    expect(answer.metadata).toEqual({});
  });

  test('every case is one or the other', () => {
    expect(built.length + refused.length).toBe(recording.input.length);
    expect(recording.input.length).toBeGreaterThan(150);
  });
});

const fault = 'gRPC UNKNOWN';

/** Our response in the recorded form, or how a fault is answered. */
function respond(recorded: DecisionCase): unknown {
  const result = parseJson(recorded.decision);
  if (!result.ok) throw new Error(result.error);
  const decision = readDecision(result.value, pluginDecision);
  if (!decision.ok) return fault;
  const answer = toAnswer(decision.value, answerContext({ options: pluginDecision }));
  return decodeResponse(writeCheckResponse(answer));
}

function expected({ grpcError, response }: DecisionCase): unknown {
  if (grpcError !== undefined) return `gRPC ${grpcError}`;
  return JSON.parse(JSON.stringify(response).replace('<uuid>', decisionId));
}

function describeAnswer(response: unknown): string {
  return response === fault ? fault : describeResponse(response);
}

describe('the response is the one of opa-envoy-plugin', () => {
  test.each(recording.decision)('$name', (recorded) => {
    const listed = recordedDifferences.get(recorded.name);
    // Of the listed differences, those with a switch do not show here: nothing is protected.
    if (listed === undefined || 'key' in listed.deviation.back) {
      expect(respond(recorded)).toEqual(expected(recorded));
      return;
    }
    expect(describeAnswer(respond(recorded))).toBe(presetAnswer(listed.deviation, listed.difference));
    expect(respond(recorded)).not.toEqual(expected(recorded));
    expect(describeAnswer(expected(recorded))).toBe(listed.difference.plugin);
  });
});
