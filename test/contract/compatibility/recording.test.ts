import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { presetAnswer, recordedDifferences } from '../../../scripts/docs/compatibility/deviations.js';
import { configSchema } from '../../../src/config/schema.js';
import { canonicalJson } from '../../unit/check/canonical-json.js';
import { describeFailure, describeResponse } from '../../unit/check/describe-reply.js';
import { decodeResponse, encodeRequest, headerModes } from '../../unit/check/peer-codec.js';
import { type DecisionCase, recording } from '../../unit/check/peer-recording.js';
import type { Reply } from '../server/grpc-client.js';
import { engineKinds, type PolicyServer, preparePolicy, type Served } from './servers.js';

const preset = { compatibility: 'opa-envoy-plugin' };
const decisionIds = /"decision_id":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"/g;

/** JSON text of a response in the form of the recording, or the gRPC status. */
function recordedForm(reply: Reply): string {
  if (!('bytes' in reply)) return describeFailure(reply.code);
  const response = JSON.stringify(decodeResponse(reply.bytes));
  return canonicalJson(response.replace(decisionIds, '"decision_id":"<uuid>"'));
}

function recordedText({ response, grpcError }: Pick<DecisionCase, 'response' | 'grpcError'>): string {
  return grpcError === undefined ? canonicalJson(JSON.stringify(response)) : `gRPC ${grpcError}`;
}

function decisionRequest({ decision }: DecisionCase): Buffer {
  const request = { http: { method: 'GET', path: '/' } };
  return Buffer.from(encodeRequest({ attributes: { request, contextExtensions: { decision } } }));
}

describe.each(engineKinds)('opa-envoy-plugin answered the same, engine %s', (kind) => {
  let policy: PolicyServer;
  let served: Served;

  beforeAll(async () => {
    policy = await preparePolicy(kind);
    served = await policy.serve({ ...preset, decision: { protected_headers: [] } });
  });
  afterAll(() => policy.stop());

  const ask = (request: Uint8Array) => served.client.call(Buffer.from(request)).reply;

  test.each(recording.input)('$group $name', async (recorded) => {
    const reply = await ask(encodeRequest(recorded.request));
    if (recorded.input === undefined) {
      expect(recordedForm(reply)).toBe(recordedText(recorded));
      return;
    }
    if (!('bytes' in reply)) throw new Error(describeFailure(reply.code));
    const { body, ...denied } = (decodeResponse(reply.bytes) as Echo).deniedResponse;
    expect(denied).toEqual({ status: { code: 'Forbidden' }, headers: [{ header: { key: 'x-echo', value: '1' } }] });
    expect(canonicalJson(body)).toBe(canonicalJson(recorded.input));
  });

  test.each(recording.decision)('decision $name', async (recorded) => {
    const reply = await ask(decisionRequest(recorded));
    const listed = recordedDifferences.get(recorded.name);
    if (listed === undefined) {
      expect(recordedForm(reply)).toBe(recordedText(recorded));
      return;
    }
    const ours = 'bytes' in reply ? describeResponse(decodeResponse(reply.bytes)) : describeFailure(reply.code);
    // Protected headers, which are one of the listed differences, are switched off here; the next test has them.
    if (listed.deviation.back !== undefined && 'key' in listed.deviation.back) {
      expect(ours).toBe(describeResponse(recorded.response));
      return;
    }
    expect(ours).toBe(presetAnswer(listed.deviation, listed.difference));
    expect(ours).not.toBe(describeResponse(recorded.response));
  });

  test('each header towards the backend says how it is set', async () => {
    for (const recorded of recording.decision) {
      const reply = await ask(decisionRequest(recorded));
      for (const mode of 'bytes' in reply ? headerModes(reply.bytes) : []) {
        expect(mode).toBe('append false, OVERWRITE_IF_EXISTS_OR_ADD');
      }
    }
  });
});

interface Echo {
  readonly deniedResponse: { readonly body: string };
}

interface Allowed {
  readonly okResponse?: {
    readonly headers?: readonly { readonly header: { readonly key: string } }[];
    readonly headersToRemove?: readonly string[];
  };
}

/** Without what is removed to protect the identity headers; `undefined` for an OK response that was there for that alone. */
function withoutProtection(response: Allowed, plain: boolean): unknown {
  const { okResponse, ...others } = response;
  if (okResponse === undefined) return response;
  const { headersToRemove = [], ...changes } = okResponse;
  const kept = headersToRemove.filter((name) => !isProtected(name));
  const rest = { ...changes, ...(kept.length > 0 && { headersToRemove: kept }) };
  return plain ? others : { ...others, okResponse: rest };
}

const protectedHeaders = configSchema.parse({}).decision.protected_headers;

function isProtected(name: string): boolean {
  return protectedHeaders.some((each) => each.replaceAll('_', '-') === name.replaceAll('_', '-'));
}

describe('the preset without another key removes protected headers, and changes nothing else', () => {
  let policy: PolicyServer;
  let [bare, whole]: (Served | undefined)[] = [];

  beforeAll(async () => {
    policy = await preparePolicy('wasm');
    bare = await policy.serve({ ...preset, decision: { protected_headers: [] } });
    whole = await policy.serve(preset);
  });
  afterAll(() => policy.stop());

  test.each(recording.decision)('decision $name', async (recorded) => {
    const [without, withThem] = await Promise.all(
      [bare, whole].map((served) => served?.client.call(decisionRequest(recorded)).reply),
    );
    if (without === undefined || withThem === undefined) throw new Error('no answer');
    if (!('bytes' in withThem)) {
      expect(recordedForm(withThem)).toBe(recordedForm(without));
      return;
    }
    const response = decodeResponse(withThem.bytes) as Allowed;
    const stripped = withoutProtection(response, recorded.decision === 'true');
    expect(canonicalJson(JSON.stringify(stripped).replace(decisionIds, '"decision_id":"<uuid>"'))).toBe(
      recordedForm(without),
    );
    if (response.okResponse === undefined) return;
    const set = (response.okResponse.headers ?? []).map(({ header }) => header.key);
    const removed = response.okResponse.headersToRemove ?? [];
    expect(set.filter((name) => removed.includes(name))).toEqual([]);
    expect(protectedHeaders.filter((name) => !set.includes(name) && !removed.includes(name))).toEqual([]);
  });
});

test('every listed difference is a recorded case', () => {
  const names = recording.decision.map(({ name }) => name);
  expect([...recordedDifferences.keys()].filter((name) => !names.includes(name))).toEqual([]);
});
