import assert from 'node:assert/strict';
import type { FuzzTarget } from '../../../scripts/fuzz/target.js';
import { queryChange } from '../../../src/check/answer/query-change.js';
import { parseQuery } from '../../../src/check/input/query.js';

/** A query that is accepted means the same to the platform's own reader. */
export const query: FuzzTarget = {
  name: 'query',
  dictionary: ['&', '=', ';', '+', '%', '%3D', '%26', '%61', '%ff', '%zz', '__proto__', 'a=1&a=2', '&&'],
  run(bytes) {
    const text = bytes.toString('utf8');
    assert(parseQuery(text, 'lenient').ok || text.split('&').length > 10_000);
    const changed = queryChange({ queryToSet: [{ name: text, value: text }], queryToRemove: [text, 'a'] }, `/?${text}`);
    for (const { name, value } of changed.set) assert.match(name + value, /^[A-Za-z0-9%_.!~*'()-]*$/);
    const parsed = parseQuery(text, 'strict');
    // Readers count differently how many replacement characters bytes that are no text make.
    if (!parsed.ok || JSON.stringify(parsed.value).includes('\ufffd')) return;
    const pairs = Object.entries(parsed.value).flatMap(([name, values]) => values.map((value) => [name, value]));
    const theirs = [...new URLSearchParams(text.startsWith('?') ? `?${text}` : text)];
    assert.deepEqual(pairs.map(String).sort(), theirs.map(String).sort());
  },
};
