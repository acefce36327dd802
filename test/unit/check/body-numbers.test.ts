import { expect, test } from 'vitest';
import { parsePluginJson, parseStrictJson } from '../../../src/check/body/body-json.js';
import { encodeJson } from '../../../src/json/encode.js';

const digits = (count: number) => '1'.repeat(count);

test.each(['1E99999', '[-1e-10000]', '{"a":1e+0012345}', `${digits(1000)}.5`, digits(1001)])(
  '%.20s: few readers can hold the number, and OPA may refuse the whole input',
  (text) => {
    const strict = parseStrictJson(Buffer.from(text));
    expect(strict.ok || strict.error).toMatchObject({ reason: 'body_too_complex', message: 'number too large' });
    const plugin = parsePluginJson(Buffer.from(text));
    expect(plugin.ok && encodeJson(plugin.value)).toBe(text);
  },
);

test.each(['1E9999', '1e-0009999', '1E400', digits(1000), '1.10'])('%j keeps its text', (text) => {
  const strict = parseStrictJson(Buffer.from(text));
  expect(strict.ok && encodeJson(strict.value)).toBe(text);
});
