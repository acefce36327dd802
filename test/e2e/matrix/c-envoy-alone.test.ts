import { describe, expect, test } from 'vitest';
import type { Echo } from '../../../examples/backend/echo.js';
import { echoedHeader } from '../../support/http.js';
import { type RawAnswer, useRawAnswer } from './support/raw-answer.js';

// What Envoy makes of answers that Portcullis never gives: why it never gives them.

const raw = useRawAnswer();
const permissionDenied = { code: 7 };
const echo = { headers: { 'x-echo': '1' } };

/** `status`: undefined for 200 from the backend. */
async function outcome(answer: RawAnswer): Promise<number | 'backend'> {
  const response = await raw().send(answer, '/cars', echo);
  return response.headers['x-envoy-upstream-service-time'] === undefined ? response.status : 'backend';
}

test('C3 an empty CheckResponse is an allow for Envoy', async () => {
  expect(await outcome({})).toBe('backend');
});

describe('status and response that contradict each other', () => {
  test.each<readonly [string, RawAnswer, number | 'backend']>([
    ['no status and a denial', { denied_response: { status: { code: 401 } } }, 'backend'],
    ['status 0 and a denial', { status: {}, denied_response: { status: { code: 401 } } }, 'backend'],
    ['no status and an error', { error_response: { status: { code: 503 } } }, 'backend'],
    ['status 0 and an error', { status: {}, error_response: { status: { code: 503 } } }, 'backend'],
    ['status 0 alone', { status: {} }, 'backend'],
    ['a status alone', { status: permissionDenied }, 403],
    [
      'a status and an allow',
      { status: permissionDenied, ok_response: { headers: [{ header: { key: 'a', value: 'b' } }] } },
      403,
    ],
    ['a status and a denial without a code', { status: permissionDenied, denied_response: {} }, 403],
    ['a status and a denial', { status: permissionDenied, denied_response: { status: { code: 404 } } }, 404],
    ['a status and an error', { status: permissionDenied, error_response: { status: { code: 502 } } }, 502],
    ['a status and an error without a code: status_on_error', { status: permissionDenied, error_response: {} }, 503],
    ['another code of gRPC', { status: { code: 16 } }, 403],
  ])('C4 %s: %j', async (_name, answer, expected) => {
    expect(await outcome(answer)).toBe(expected);
  });
});

describe('append', () => {
  const set = (fields: object) => ({
    status: {},
    ok_response: { headers: [{ header: { key: 'x-tag', value: 'ours' }, ...fields }] },
  });
  const seen = async (fields: object, sent: string[]) => {
    const headers = [['x-echo', '1'] as const, ...sent.map((value) => ['x-tag', value] as const)];
    return echoedHeader((await raw().send(set(fields), '/', { headers })).json() as Echo, 'x-tag');
  };

  test('C7 append: true joins, and does nothing where the request has no such header: Portcullis joins itself', async () => {
    expect(await seen({ append: { value: true } }, ['a'])).toEqual(['a,ours']);
    expect(await seen({ append: { value: true } }, [])).toEqual([]);
  });

  test('C5 append: false and the overwrite action leave one value, ours', async () => {
    const overwrite = { append: { value: false }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' };
    expect(await seen(overwrite, ['a', 'b'])).toEqual(['ours']);
    expect(await seen(overwrite, [])).toEqual(['ours']);
  });

  test('C8 a header that is set and removed is removed', async () => {
    const answer = set({ append: { value: false } });
    const both = { ...answer, ok_response: { ...answer.ok_response, headers_to_remove: ['x-tag'] } };
    expect(echoedHeader((await raw().send(both, '/', echo)).json() as Echo, 'x-tag')).toEqual([]);
  });
});

describe('the status of a denial', () => {
  const deny = (code: number, body = '') => ({ status: permissionDenied, denied_response: { status: { code }, body } });

  test.each([200, 205, 306, 418, 451, 599, 600, 999])('C23 Envoy sends %i as it is', async (code) => {
    expect((await raw().send(deny(code))).status).toBe(code);
  });

  test.each([100, 101, 103, 1000, 4_294_967_295])('C23 %i is no response that a client could read', async (code) => {
    await expect(raw().send(deny(code, 'body'))).rejects.toThrow();
  });

  test.each([204, 304])('C23 a body with %i breaks the framing of the connection', async (code) => {
    await expect(raw().send(deny(code, 'body'))).rejects.toThrow();
  });

  test('C25 a content-length that is wrong is replaced, transfer-encoding is dropped', async () => {
    for (const [key, value] of [
      ['content-length', '1'],
      ['transfer-encoding', 'chunked'],
    ]) {
      const denied = { headers: [{ header: { key, value } }], body: 'four' };
      const response = await raw().send({ status: permissionDenied, denied_response: denied });
      expect(response).toMatchObject({ status: 403, body: 'four', headers: { 'content-length': '4' } });
    }
  });
});

describe('200 headers', () => {
  const limiting = useRawAnswer(({ extAuthz }) => {
    extAuthz['enforce_response_header_limits'] = true;
  });
  const headers = Array.from({ length: 200 }, (_, index) => ({
    header: { key: `x-h${index}`, value: 'v' },
    append: { value: false },
  }));

  test('C30 towards the backend: 500, counted as request_header_limits_reached', async () => {
    expect((await raw().send({ status: {}, ok_response: { headers } })).status).toBe(500);
    expect(await raw().count('request_header_limits_reached')).toBe(1);
  });

  test('C30 towards the client: all are sent, or 500 with enforce_response_header_limits, where the row has them omitted', async () => {
    const answer = { status: {}, ok_response: { response_headers_to_add: headers } };
    expect((await raw().send(answer)).headers).toMatchObject({ 'x-h0': 'v', 'x-h199': 'v' });
    expect((await limiting().send(answer)).status).toBe(500);
    expect(await limiting().count('response_header_limits_reached')).toBe(1);
    expect(await limiting().count('omitted_response_headers')).toBe(0);
  });
});

describe('error_response, which Portcullis never sends: an outage is a gRPC error', () => {
  const open = useRawAnswer(({ extAuthz }) => {
    extAuthz['failure_mode_allow'] = true;
  });
  const answer = {
    status: { code: 14 },
    error_response: { status: { code: 503 }, headers: [{ header: { key: 'retry-after', value: '7' } }], body: 'busy' },
  };

  test('C32 fail closed: its status, headers and body, counted as an error', async () => {
    const errors = await raw().count('error');
    expect(await raw().send(answer)).toMatchObject({ status: 503, headers: { 'retry-after': '7' }, body: 'busy' });
    expect(await raw().count('error')).toBeGreaterThan(errors);
  });

  test('C32 fail open: let through, unlike a denial', async () => {
    expect((await open().send(answer)).status).toBe(200);
    expect(await open().count('failure_mode_allowed')).toBeGreaterThan(0);
    expect((await open().send({ status: permissionDenied, denied_response: { status: { code: 503 } } })).status).toBe(
      503,
    );
  });
});
