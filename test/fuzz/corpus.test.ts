import { describe, expect, test } from 'vitest';
import { readCorpus } from '../../scripts/fuzz/corpus.js';
import { targets } from './targets/targets.js';

describe.each(targets)('$name', ({ name, run }) => {
  test('the kept inputs, among them each that once failed, do no harm', () => {
    const inputs = readCorpus(name);
    expect(inputs.length).toBeGreaterThan(2);
    for (const input of inputs) {
      expect(() => run(input), JSON.stringify(input.toString('latin1'))).not.toThrow();
    }
  });
});
