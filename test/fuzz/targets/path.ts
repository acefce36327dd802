import assert from 'node:assert/strict';
import type { FuzzTarget } from '../../../scripts/fuzz/target.js';
import { parsePath, splitTarget } from '../../../src/check/input/path.js';

/** What is accepted must be the same path for backends that decode each segment, all at once, or as browsers do. */
export const path: FuzzTarget = {
  name: 'path',
  dictionary: [
    '/../',
    '/./',
    '//',
    '%2f',
    '%5C',
    '%2e',
    '%25',
    '%00',
    '%c0%af',
    '..;',
    '?',
    '#',
    '\\',
    '%C3%A9',
    '*',
    ';',
  ],
  run(bytes) {
    const target = bytes.toString('utf8');
    assert(parsePath(target, { path_parsing: 'opa-envoy-plugin', encoded_slashes: 'refuse' }));
    parsePath(target, { path_parsing: 'strict', encoded_slashes: 'keep' });
    const parsed = parsePath(target, { path_parsing: 'strict', encoded_slashes: 'refuse' });
    if (!parsed.ok || target === '' || target === '*') return;
    const raw = splitTarget(target).path;
    const decoded = (text: string) => text.slice(1).split('/').map(decodeURIComponent);
    assert.deepEqual(decoded(raw), parsed.value);
    assert.deepEqual(decodeURIComponent(raw).slice(1).split('/'), parsed.value);
    assert.deepEqual(decoded(new URL(raw, 'http://backend.example').pathname), parsed.value);
    for (const segment of parsed.value) {
      assert.doesNotMatch(segment, /[\p{Cc}/\\]/u);
      assert(segment !== '.' && segment !== '..' && !/^\.{1,2};/.test(segment));
    }
  },
};
