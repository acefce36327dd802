import assert from 'node:assert/strict';
import type { FuzzTarget } from '../../../scripts/fuzz/target.js';
import { parseBody } from '../../../src/check/body/body.js';
import { encodeJson } from '../../../src/json/encode.js';

const types = [
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=B',
  'application/problem+json; charset=utf-8',
  'text/plain',
];

/** The first byte chooses the media type; at 255, the first line is the type itself. */
export const body: FuzzTarget = {
  name: 'body',
  dictionary: [
    '\xff',
    ';',
    'boundary=',
    'charset=',
    '="',
    "*=utf-8''",
    '*0=',
    '{"a":1}',
    'a=1&b=2',
    '--B\r\n',
    '\r\n',
    'multipart/form-data',
  ],
  run(bytes) {
    const { content, type } = split(bytes);
    for (const mode of ['strict', 'opa-envoy-plugin'] as const) {
      const headers = { 'content-type': type };
      const parsed = parseBody({ http: { headers, rawBody: content }, segments: [] }, mode);
      if (!parsed.ok) continue;
      assert(JSON.parse(encodeJson(parsed.value.value)) !== undefined);
      if (mode === 'strict' && type === types[0] && content.length > 0)
        expectSameForEveryone(content, encodeJson(parsed.value.value));
    }
  },
};

function split(bytes: Buffer): { type: string; content: Buffer } {
  const rest = bytes.subarray(1);
  if (bytes[0] !== 255) return { type: types[(bytes[0] ?? 0) % types.length] ?? '', content: rest };
  const end = rest.indexOf(0x0a);
  const line = end < 0 ? rest : rest.subarray(0, end);
  return { type: line.toString('utf8'), content: end < 0 ? Buffer.alloc(0) : rest.subarray(end + 1) };
}

/** JSON that is accepted strictly is read alike by the platform, whichever of two equal names counts for it. */
function expectSameForEveryone(content: Buffer, ours: string): void {
  assert.deepEqual(JSON.parse(ours), JSON.parse(content.toString('utf8')));
}
