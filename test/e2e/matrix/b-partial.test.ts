import { describe, expect, test } from 'vitest';
import type { Echo } from '../../../examples/backend/echo.js';
import { perRoute } from './support/gateway.js';
import { connectHttp2, type Http2Response, responseOf, sendHttp2 } from './support/http2.js';
import { newMark, useSeenInput } from './support/seen-input.js';

const limit = 16;
const asJson = { 'content-type': 'application/json' };

const stack = useSeenInput({
  change: ({ extAuthz, virtualHost, catchAll }) => {
    extAuthz['with_request_body'] = { max_request_bytes: limit, allow_partial_message: true, pack_as_bytes: true };
    const told = { ...structuredClone(catchAll), match: { path_separated_prefix: '/told' } };
    const context = { 'portcullis.max_request_bytes': String(limit) };
    told.typed_per_filter_config = perRoute({ check_settings: { context_extensions: context } });
    virtualHost.routes.unshift(told);
  },
});

/** JSON of so many bytes, complete. */
function json(length: number): string {
  return JSON.stringify('x'.repeat(length - 2));
}

/** Sends the first piece, waits until it has been checked, and sends the second. */
async function inTwoPieces(path: string, first: string, second: string, headers: Record<string, string> = {}) {
  const before = await stack().checks();
  const mark = newMark();
  const session = await connectHttp2(stack().url);
  const all = { ':method': 'POST', ':path': path, ...asJson, ...headers, 'x-mark': mark, 'x-echo': '1' };
  const stream = session.request(all, { endStream: false });
  stream.on('error', () => {});
  const answer: Promise<Http2Response | undefined> = responseOf(stream).catch(() => undefined);
  stream.write(first);
  await expect.poll(async () => (await stack().checks()).ok).toBe(before.ok + 1);
  stream.end(second);
  const response = await answer;
  session.destroy();
  return { response, ...(await stack().seen(mark)) };
}

describe('partial bodies', () => {
  test('B5 more than the limit: cut to it and marked; the backend gets all of it', async () => {
    const body = json(limit + 1);
    const { response, input, echo } = await stack().ask('/cars', { method: 'POST', headers: asJson, body });
    expect(response.status).toBe(200);
    expect(Buffer.from(input.attributes.request.http.rawBody, 'base64').toString()).toBe(body.slice(0, limit));
    expect(input.attributes.request.http.headers['x-envoy-auth-partial-body']).toBe('true');
    expect(input).toMatchObject({ parsed_body: null, truncated_body: true });
    expect(echo?.body).toBe(body);
  });

  test("B8 the client's own x-envoy-auth-partial-body: false changes nothing about that", async () => {
    const headers = { ...asJson, 'x-envoy-auth-partial-body': 'false' };
    const { input } = await stack().ask('/cars', { method: 'POST', headers, body: json(limit + 1) });
    expect(input.attributes.request.http.headers['x-envoy-auth-partial-body']).toBe('true');
    expect(input).toMatchObject({ parsed_body: null, truncated_body: true });
  });

  test('B6 exactly the limit and then more: Envoy says `false`, we say truncated, being told the limit', async () => {
    const { response, input } = await inTwoPieces('/told', json(limit), ' "more"');
    expect(response?.status).toBe(200);
    expect((JSON.parse(response?.body ?? '') as Echo).body).toBe(`${json(limit)} "more"`);
    expect(input.attributes.request.http.headers['x-envoy-auth-partial-body']).toBe('false');
    expect(input).toMatchObject({ parsed_body: null, truncated_body: true });
  });

  test('B6 without being told the limit, nothing shows that more may follow', async () => {
    const { response, input } = await inTwoPieces('/untold', json(limit), ' "more"');
    expect(response?.status).toBe(200);
    expect(input).toMatchObject({ parsed_body: 'x'.repeat(limit - 2), truncated_body: false });
  });

  test('B6 a content-length proves that it is whole: Envoy lets no more pass than was declared', async () => {
    const body = json(limit);
    const whole = await stack().ask('/told', { method: 'POST', headers: asJson, body });
    expect(whole.input).toMatchObject({ parsed_body: 'x'.repeat(limit - 2), truncated_body: false });

    const { response, input } = await inTwoPieces('/told', body, ' "more"', { 'content-length': String(limit) });
    expect(input.truncated_body).toBe(false);
    expect((JSON.parse(response?.body ?? '') as Echo).body).toBe(body);

    const before = await stack().checks();
    const headers = { ':method': 'POST', ':path': '/told', ...asJson, 'content-length': String(limit), 'x-echo': '1' };
    await expect(sendHttp2(stack().url, { headers, body: [`${body} "more"`] })).rejects.toThrow();
    expect(await stack().checks()).toEqual(before);
  });

  test('B6 a greater content-length shows that it is a part', async () => {
    const { input } = await inTwoPieces('/untold', json(limit), '   ', { 'content-length': String(limit + 3) });
    expect(input).toMatchObject({ parsed_body: null, truncated_body: true });
  });

  test('B6 less than the limit is whole', async () => {
    const { input } = await stack().ask('/told', { method: 'POST', headers: asJson, body: json(limit - 1) });
    expect(input).toMatchObject({ parsed_body: 'x'.repeat(limit - 3), truncated_body: false });
  });
});
