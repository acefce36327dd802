import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { findTool } from '../../../../scripts/tools/find-tool.js';
import { createWasmEngine } from '../../../../src/engine/wasm/wasm-engine.js';
import { parseJson } from '../../../../src/json/parse.js';
import { readBundle } from '../../../../src/policy/bundle/read-bundle.js';
import { buildBundle } from '../../../support/policy-bundle.js';
import { canonical } from './opa-answers.js';

const run = promisify(execFile);

/** What crosses between the module and the host, both ways. `input.x` keeps OPA from computing it at build time. */
const expressions: Readonly<Record<string, string>> = {
  'nanoseconds keep their last digits': 'time.parse_ns("RFC3339Nano", input.when)',
  'nanoseconds survive a second crossing': 'time.format(time.parse_ns("RFC3339Nano", input.when))',
  'integers beyond int64 stay exact': 'sprintf("%d", [input.big])',
  'number text decides the type': 'sprintf("%v %d %v", [input.float, input.one, 1.50])',
  'sets are no arrays': 'sprintf("%v %v", [{input.x, 1}, [input.x, 1]])',
  'objects with keys of any kind': 'sprintf("%v", [{"k": {input.x: 1}}])',
  'a set comes back': 'net.cidr_expand(input.cidr) & {"10.0.0.1", "x"}',
  'an empty set comes back': 'count(net.cidr_contains_matches(input.cidr, "11.0.0.0/8"))',
  'a set of arrays comes back': 'net.cidr_contains_matches([input.cidr], {"a": "10.0.0.1"})',
  'an object comes back': 'urlquery.decode_object("a=1&b=2&a=3")["a"]',
  'an array comes back': 'io.jwt.decode(input.token)[1].sub',
  'a secret that is not UTF-8 keeps its bytes': 'crypto.hmac.sha256(input.x, base64.decode("//6AgQA="))',
  'another such secret is another secret': 'crypto.hmac.sha256(input.x, base64.decode("/f6AgQA="))',
  'hashes of bytes': 'crypto.sha256(base64.decode("gP/+AMM="))',
  'a zero byte is a character': 'crypto.md5(concat("", [input.x, "\\u0000", "b"]))',
  'text beyond the basic plane': 'sprintf("%s %q %x", [input.emoji, input.emoji, input.emoji])',
  'false is not undefined': 'semver.is_valid(input.x)',
  'null is a value': 'json.unmarshal(sprintf("%v", [input.nothing]))',
  'an error is undefined': 'time.parse_rfc3339_ns(input.x)',
  'the negation of an error holds': 'true if not time.parse_rfc3339_ns(input.x)',
  'a wrong type is undefined': 'crypto.sha256(input.big)',
  'a regular expression of Go': 'regex.replace(input.emoji, "(?P<first>\\\\pL)", "<$first>")',
};

const input = {
  x: 'text',
  when: '2023-11-14T22:13:20.123456789Z',
  big: '123456789012345678901234567890',
  float: '1e3',
  one: '1.0',
  cidr: '10.0.0.0/30',
  emoji: 'é😀',
  nothing: null,
  token: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.',
};
/** With the numbers as written, which `JSON.stringify` would change. */
const inputText = JSON.stringify(input).replace(/"(big|float|one)":"([^"]*)"/g, '"$1":$2');

const rules = Object.values(expressions).map((expression, index) => {
  const [value, condition] = expression.split(' if ');
  return `r["${index}"] := ${value}${condition === undefined ? '' : ` if ${condition}`}`;
});
const rego = ['package calls', ...rules].join('\n');

async function answersOfOpa(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-builtins-'));
  try {
    await Promise.all([writeFile(join(folder, 'p.rego'), rego), writeFile(join(folder, 'input.json'), inputText)]);
    const args = ['eval', '-f', 'raw', '-d', join(folder, 'p.rego'), '-i', join(folder, 'input.json'), 'data.calls.r'];
    const parsed = parseJson((await run(await findTool('opa'), args)).stdout);
    return parsed.ok ? byTitle(parsed.value as Record<string, unknown>) : parsed.error;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function answersThroughWasm(): Promise<string | undefined> {
  const bundle = await readBundle(await buildBundle({ rego, entrypoints: ['calls/r'] }));
  if (!bundle.ok) throw bundle.error;
  const engine = await createWasmEngine({ bundle: bundle.value, paths: ['calls/r'] });
  const evaluation = await engine.evaluate({
    path: 'calls/r',
    input: { value: null, encoded: Uint8Array.from(Buffer.from(inputText)) },
    deadline: performance.now() + 10_000,
  });
  await engine.close();
  return evaluation.kind === 'result' ? byTitle(evaluation.result as Record<string, unknown>) : evaluation.kind;
}

function byTitle(answers: Record<string, unknown>): string {
  return Object.keys(expressions)
    .map((title, index) => `${title}: ${canonical(answers[String(index)]) ?? 'undefined'}`)
    .join('\n');
}

test(`${rules.length} values cross between the WebAssembly module and the host as they are in OPA`, async () => {
  expect(await answersThroughWasm()).toBe(await answersOfOpa());
});
