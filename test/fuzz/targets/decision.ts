import assert from 'node:assert/strict';
import type { FuzzTarget } from '../../../scripts/fuzz/target.js';
import { toAnswer } from '../../../src/check/answer/answer.js';
import { readDecision } from '../../../src/check/decision/decision.js';
import { headerView } from '../../../src/check/input/headers.js';
import { writeCheckResponse } from '../../../src/envoy/write-check-response.js';
import { parseJsonBytes } from '../../../src/json/parse.js';
import { expectSound } from '../support/expect-sound.js';
import { modes } from '../support/options.js';
import { isWellFormedAllow } from '../support/well-formed-allow.js';

const headers = headerView({ headers: { 'x-user': 'forged', X_User: 'forged', a: '1', cookie: 'c' } });

/** A result as the policy wrote it, up to the response. */
export const decision: FuzzTarget = {
  name: 'decision',
  dictionary: [
    ...[
      '{"allowed":true',
      '{"allow":true',
      ',"headers":{',
      '"X-User":"alice"',
      '{"value":"v","append":true}',
      '"set-cookie":["a","b"]',
    ],
    ...[
      ',"http_status":302',
      ',"body":"b"',
      ',"dynamic_metadata":{',
      ',"response_headers_to_add":{',
      ',"query_parameters_to_set":{"a":"b c"}',
    ],
    ...[
      ',"request_headers_to_remove":["cookie"]',
      ',"query_parameters_to_remove":["a"]',
      'true',
      'false',
      '}',
      ']',
      '":path"',
      '\\r\\n',
      '\\ud800',
    ],
  ],
  run(bytes) {
    const result = parseJsonBytes(bytes);
    if (!result.ok) return;
    for (const [, { decision: options }] of modes) {
      const read = readDecision(result.value, options);
      if (!read.ok) continue;
      const context = {
        headers,
        target: '/?a=1&%61=2',
        identityConfigured: true,
        realm: 'r',
        options,
        decisionId: 'id',
      };
      const answer = toAnswer(read.value, { ...context, caller: { kind: 'anonymous' } });
      const outcome = expectSound(writeCheckResponse(answer), options.protected_headers);
      if (outcome === 'allow') assert(isWellFormedAllow(result.value, options));
    }
  },
};
