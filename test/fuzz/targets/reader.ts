import type { FuzzTarget } from '../../../scripts/fuzz/target.js';
import { expectAgreement } from '../../unit/envoy/reader-agreement.js';

/** The reader of the wire, against protobufjs. */
export const reader: FuzzTarget = {
  name: 'reader',
  dictionary: [
    '\x0a\x00',
    '\x12\x02\x12\x00',
    '\x1a\x04\x0a\x00\x12\x00',
    '\x6a\x02\x0a\x00',
    '\x80\x80\x80\x00',
    '__proto__',
  ],
  run: (bytes) => void expectAgreement(bytes),
};
