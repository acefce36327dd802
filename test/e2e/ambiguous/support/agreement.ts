import { expect } from 'vitest';
import type { Echo } from '../../../../examples/backend/echo.js';
import type { SeenDocument } from '../../matrix/support/seen-input.js';
import type { Passed } from './raw-request.js';

/**
 * Policy and backend saw the same request. What they made of it is compared with readers that are not ours: those
 * of the platform, which stand for what backends do.
 */
export async function expectAgreement({ input, echo }: Passed): Promise<void> {
  const { http } = input.attributes.request;
  expect(http.method).toBe(echo.method);
  expect(http.path).toBe(echo.path);
  expect(http.host).toBe(joined(linesOf(echo)).get('host'));
  expectSamePath(input.parsed_path, echo.path.split('?', 1)[0] ?? '');
  expectSameQuery(input.parsed_query, echo.path.split('?').slice(1).join('?'));
  expectSameHeaders(input, echo);
  await expectSameBody(input, echo);
}

/** Backends decode each segment, or all at once, or resolve the path as browsers do: all must come to the same. */
function expectSamePath(parsed: unknown, path: string): void {
  const once = path.slice(1).split('/').map(decodeURIComponent);
  const whole = decodeURIComponent(path).slice(1).split('/');
  const resolved = new URL(path, 'http://backend.example').pathname.slice(1).split('/').map(decodeURIComponent);
  expect({ once, whole, resolved }).toEqual({ once: parsed, whole: parsed, resolved: parsed });
}

function expectSameQuery(parsed: Record<string, string[]>, query: string): void {
  const pairs = Object.entries(parsed).flatMap(([name, values]) => values.map((value) => `${name}=${value}`));
  expect(pairs.sort()).toEqual([...new URLSearchParams(query)].map(([name, value]) => `${name}=${value}`).sort());
}

/** Added by Envoy after the check, or its own on each hop. */
const ofTheHop: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'transfer-encoding',
  'x-envoy-expected-rq-timeout-ms',
]);

/** What the backend saw, the policy saw too, value by value. */
function expectSameHeaders(input: SeenDocument, echo: Echo): void {
  const seen = headersSeen(input);
  for (const [name, value] of joined(linesOf(echo))) {
    if (!ofTheHop.has(name)) expect([name, seen.get(name)]).toEqual([name, value]);
  }
}

/** The headers that the policy saw, repeated ones joined with a comma; one character is one byte. */
export function headersSeen(input: SeenDocument): Map<string, string> {
  const { headers, headerMap } = input.attributes.request.http;
  const lines: { key: string; rawValue?: string }[] = headerMap?.headers ?? [];
  const decoded = lines.map(({ key, rawValue = '' }) => [key, Buffer.from(rawValue, 'base64').toString('latin1')]);
  return joined([...(Object.entries(headers ?? {}) as [string, string][]), ...(decoded as [string, string][])]);
}

function linesOf(echo: Echo): readonly (readonly [string, string])[] {
  return echo.headers.map(([name, value]) => [name.toLowerCase(), value]);
}

function joined(lines: readonly (readonly [string, string])[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of lines) {
    const known = values.get(name);
    values.set(name, known === undefined ? value : `${known},${value}`);
  }
  return values;
}

async function expectSameBody(input: SeenDocument, echo: Echo): Promise<void> {
  expect(input.attributes.request.http.rawBody ?? '').toBe(echo.body_base64);
  const type = joined(linesOf(echo)).get('content-type') ?? '';
  if (echo.body_base64 !== '') expect(input.parsed_body).toEqual(await readByPlatform(type, echo));
}

async function readByPlatform(type: string, { body, body_base64: base64 }: Echo): Promise<unknown> {
  if (/^application\/json\b/i.test(type)) return JSON.parse(body);
  if (!/^(?:multipart\/form-data|application\/x-www-form-urlencoded)\b/i.test(type)) return null;
  const form = await new Response(Buffer.from(base64, 'base64'), { headers: { 'content-type': type } }).formData();
  const fields: [string, unknown[]][] = [...new Set(form.keys())].map((name) => [name, form.getAll(name)]);
  return Object.fromEntries(fields);
}
