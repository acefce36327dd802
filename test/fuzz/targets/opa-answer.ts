import assert from 'node:assert/strict';
import type { FuzzTarget } from '../../../scripts/fuzz/target.js';
import { readAnswer } from '../../../src/engine/opa/read-answer.js';

/** What OPA, or whoever sits in its place, answers: the first byte chooses the status. */
export const opaAnswer: FuzzTarget = {
  name: 'opa-answer',
  dictionary: [
    '{"result":',
    'true',
    '"provenance":{"bundles":{',
    '"revision":"1"',
    '"errors":[',
    '"code":"eval_conflict_error"',
    '"message":"m"',
    '"location":{"row":1}',
    '}',
    ']',
  ],
  run(bytes) {
    const status = [200, 400, 500, 503][(bytes[0] ?? 0) % 4] ?? 200;
    const evaluation = readAnswer({ status, body: bytes.subarray(1) });
    if (status !== 200) assert.equal(evaluation.kind, 'failed');
    if (evaluation.kind === 'failed') assert(evaluation.error.message !== '');
  },
};
