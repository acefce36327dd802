import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkRequest } from '../unit/envoy/proto-types.js';
import { expectAgreement } from '../unit/envoy/reader-agreement.js';
import { assertProperty } from './support/assert-property.js';
import { wireBytes } from './support/wire.js';

test('the reader of the wire agrees with protobufjs on whatever can be made of the fields of a check', async () => {
  const verdicts = { plain: 0, special: 0, malformed: 0 };
  const cut = fc.oneof(
    { weight: 9, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }) },
  );
  const property = fc.property(wireBytes(checkRequest), cut, (bytes, missing) => {
    verdicts[expectAgreement(bytes.subarray(0, Math.max(0, bytes.length - missing)))] += 1;
  });
  await assertProperty('reader', property, 3_000);
  expect(Math.min(...Object.values(verdicts))).toBeGreaterThan(100);
});
