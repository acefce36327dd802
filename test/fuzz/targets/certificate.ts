import assert from 'node:assert/strict';
import type { FuzzTarget } from '../../../scripts/fuzz/target.js';
import { readCertificate } from '../../../src/check/certificate/certificate.js';
import { readAlternativeNames } from '../../../src/check/certificate/certificate-names.js';
import { distinguishedName } from '../../../src/check/certificate/distinguished-name.js';
import { isSpiffeId } from '../../../src/identity/certificate/spiffe-id.js';
import { encodeJson } from '../../../src/json/encode.js';

/** What a client wrote into its certificate, which an Envoy may pass on that verified nothing. */
export const certificate: FuzzTarget = {
  name: 'certificate',
  dictionary: [
    ...[
      'DNS:',
      'URI:',
      'IP Address:',
      'email:',
      ', ',
      '"',
      '\\n',
      'spiffe://a/b',
      'othername:',
      'DirName:',
      'CN=',
      '\n',
      '+',
    ],
    ...['-----BEGIN CERTIFICATE-----%0A', '-----END CERTIFICATE-----%0A', '%0A', 'MII'],
  ],
  run(bytes) {
    const text = bytes.toString('latin1');
    const names = readAlternativeNames(text);
    if (names.ok) assert.doesNotMatch(Object.values(names.value).flat().join(''), /[^ -~]/);
    assert.equal(typeof distinguishedName(text), 'string');
    if (isSpiffeId(text)) assert(new URL(text).protocol === 'spiffe:');
    const read = readCertificate(text);
    if (read.ok) assert(JSON.parse(encodeJson({ ...read.value, sans: { ...read.value.sans } })) !== undefined);
  },
};
