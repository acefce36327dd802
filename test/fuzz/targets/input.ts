import assert from 'node:assert/strict';
import type { FuzzTarget } from '../../../scripts/fuzz/target.js';
import { buildInput } from '../../../src/check/input/input.js';
import { createInputDocument } from '../../../src/check/input/input-document.js';
import { readCheckRequest } from '../../../src/envoy/read-check-request.js';
import { modes, shapes } from '../support/options.js';

/** From the bytes of a check to the text of the input. */
export const input: FuzzTarget = {
  name: 'input',
  dictionary: [
    '\x12\x02\x12\x00',
    '\x22\x01/',
    '\x1a\x0a\x0a\x01a\x12\x05',
    'content-type',
    'application/json',
    '%2f',
    '__proto__',
    'x-envoy-auth-partial-body',
  ],
  run(bytes) {
    const attributes = readCheckRequest(bytes);
    if (!attributes.ok) return;
    for (const [, options] of modes) {
      for (const shape of shapes) {
        const built = buildInput(attributes.value, { kind: 'anonymous' }, options.input, shape);
        if (!built.ok) continue;
        const { encoded } = createInputDocument(built.value);
        assert.equal(encoded.byteLength, encoded.buffer.byteLength);
        assert.equal(typeof JSON.parse(Buffer.from(encoded).toString('utf8')), 'object');
      }
    }
  },
};
