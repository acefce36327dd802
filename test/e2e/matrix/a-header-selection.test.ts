import { describe, expect, test } from 'vitest';
import { echoedHeader } from '../../support/http.js';
import { useSeenInput } from './support/seen-input.js';

const headers = { accept: 'a/b', 'x-a': '1', 'x-b': '2', 'x-secret': 'hush' };

describe('allowed_headers', () => {
  const stack = useSeenInput({
    change: ({ extAuthz }) => {
      extAuthz['allowed_headers'] = { patterns: [{ exact: 'accept' }, { prefix: 'x-a' }] };
    },
  });

  test('A9 only those are seen, not even pseudo headers; the members of their own are there', async () => {
    const { response, input, echo } = await stack().ask('/cars?x=1', { headers });
    expect(response.status).toBe(200);
    expect(input.attributes.request.http.headers).toEqual({ accept: 'a/b', 'x-a': '1' });
    expect(input.attributes.request.http).toMatchObject({
      method: 'GET',
      path: '/cars?x=1',
      scheme: 'http',
      protocol: 'HTTP/1.1',
    });
    expect(echo && echoedHeader(echo, 'x-secret')).toEqual(['hush']);
  });
});

describe('disallowed_headers', () => {
  const stack = useSeenInput({
    change: ({ extAuthz }) => {
      extAuthz['allowed_headers'] = { patterns: [{ prefix: 'x-' }] };
      extAuthz['disallowed_headers'] = { patterns: [{ exact: 'x-secret' }] };
    },
  });

  test('A10 wins over allowed_headers; the backend gets the header all the same', async () => {
    const { response, input, echo } = await stack().ask('/cars', { headers });
    expect(response.status).toBe(200);
    expect(input.attributes.request.http.headers).toMatchObject({ 'x-a': '1', 'x-b': '2' });
    expect(input.attributes.request.http.headers).not.toHaveProperty('x-secret');
    expect(echo && echoedHeader(echo, 'x-secret')).toEqual(['hush']);
  });
});
