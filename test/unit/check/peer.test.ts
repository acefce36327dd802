import { describe, expect, test } from 'vitest';
import { toAnswer } from '../../../src/check/answer.js';
import { readDecision } from '../../../src/check/decision.js';
import { refusedAnswer } from '../../../src/check/fixed-answers.js';
import { buildInput } from '../../../src/check/input.js';
import { readCheckRequest } from '../../../src/envoy/read-check-request.js';
import { writeCheckResponse } from '../../../src/envoy/write-check-response.js';
import { encodeJson } from '../../../src/json/encode.js';
import { JsonNumber } from '../../../src/json/json.js';
import { parseJson } from '../../../src/json/parse.js';
import { answerContext, decisionId, pluginDecision, pluginInput } from './options.js';
import { decodeResponse, encodeRequest } from './peer-codec.js';
import { type PeerDifference, peerDifferences } from './peer-differences.js';
import { type DecisionCase, type InputCase, recording } from './peer-recording.js';

/** JSON text with names in order and every number as it was written. */
function canonical(text: string): string {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return encodeJson(sorted(parsed.value));
}

// biome-ignore lint/suspicious/noExplicitAny: any JSON value
function sorted(value: any): any {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return value;
  const object = Object.create(null);
  for (const name of Object.keys(value).sort()) object[name] = sorted(value[name]);
  return object;
}

function inputOf(recorded: InputCase) {
  const attributes = readCheckRequest(encodeRequest(recorded.request));
  if (!attributes.ok) throw new Error(attributes.error);
  return buildInput(attributes.value, { kind: 'anonymous' }, pluginInput, 'envoy');
}

describe('the input is the one of opa-envoy-plugin', () => {
  const built = recording.input.filter(({ input }) => input !== undefined);

  test.each(built)('$group $name', (recorded) => {
    const input = inputOf(recorded);
    expect(input.ok && canonical(encodeJson(input.value))).toBe(canonical(recorded.input ?? ''));
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

/** Our response in the recorded form, or `fault`. */
function respond(recorded: DecisionCase): unknown {
  const result = parseJson(recorded.decision);
  if (!result.ok) throw new Error(result.error);
  const decision = readDecision(result.value, pluginDecision);
  if (!decision.ok) return 'fault';
  const answer = toAnswer(decision.value, answerContext({ options: pluginDecision }));
  return decodeResponse(writeCheckResponse(answer));
}

function expected(recorded: DecisionCase, difference: PeerDifference | undefined): unknown {
  if (difference?.ours === 'fault' || recorded.grpcError === 'UNKNOWN') return 'fault';
  const text = JSON.stringify(recorded.response).replace('<uuid>', decisionId);
  return JSON.parse(difference?.ours === 'lower-case' ? text.replace('X-Upper', 'x-upper') : text);
}

describe('the response is the one of opa-envoy-plugin', () => {
  test.each(recording.decision)('$name', (recorded) => {
    const difference = peerDifferences.find(({ name }) => name === recorded.name);
    expect(respond(recorded)).toEqual(expected(recorded, difference));
    if (difference !== undefined) expect(respond(recorded)).not.toEqual(expected(recorded, undefined));
  });

  test('every listed difference is a recorded case', () => {
    const names = recording.decision.map(({ name }) => name);
    expect(peerDifferences.map(({ name }) => name).filter((name) => !names.includes(name))).toEqual([]);
  });
});
