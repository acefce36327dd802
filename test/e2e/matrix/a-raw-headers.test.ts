import { describe, expect, test } from 'vitest';
import { echoedHeader, sendRaw } from '../../support/http.js';
import { newMark, type SeenDocument, useSeenInput } from './support/seen-input.js';

interface Line {
  readonly key: string;
  readonly rawValue: string;
}

function valuesOf(input: SeenDocument, name: string): string[] {
  const lines: Line[] = input.attributes.request.http.headerMap.headers;
  return lines
    .filter(({ key }) => key === name)
    .map(({ rawValue }) => Buffer.from(rawValue, 'base64').toString('latin1'));
}

describe('encode_raw_headers', () => {
  const stack = useSeenInput({
    change: ({ connectionManager, extAuthz }) => {
      connectionManager['early_header_mutation_extensions'] = [];
      extAuthz['encode_raw_headers'] = true;
      extAuthz['with_request_body'] = { max_request_bytes: 8192, pack_as_bytes: true };
    },
    config: {
      identity: {
        sources: [{ kind: 'trusted-header', subject: 'x-subject', roles: 'x-roles', trusted_peers: ['127.0.0.1'] }],
      },
    },
  });

  test('A5 a repeated header is two entries of header_map, and headers is empty', async () => {
    const { response, input, echo } = await stack().ask('/cars', {
      headers: [
        ['x-a', '1'],
        ['x-a', '2'],
      ],
    });
    expect(response.status).toBe(200);
    expect(valuesOf(input, 'x-a')).toEqual(['1', '2']);
    expect(input.attributes.request.http).not.toHaveProperty('headers');
    expect(valuesOf(input, ':path')).toEqual(['/cars']);
    expect(echo && echoedHeader(echo, 'x-a')).toEqual(['1', '2']);
  });

  test('A6 A7 bytes are exact, and cookie lines stay apart', async () => {
    const mark = newMark();
    const lines = ['GET /cars HTTP/1.1', 'host: x', 'x-a: a\xff\xc3b', 'cookie: a=1', 'cookie: b=2', `x-mark: ${mark}`];
    const { status } = await sendRaw(stack().url, `${lines.join('\r\n')}\r\nconnection: close\r\n\r\n`);
    const { input } = await stack().seen(mark);
    expect(status).toBe(200);
    expect(valuesOf(input, 'x-a')).toEqual(['a\xff\xc3b']);
    expect(valuesOf(input, 'cookie')).toEqual(['a=1', 'b=2']);
  });

  test('A5 B1 headers are looked up all the same: the body is parsed by its type', async () => {
    const body = '{"a":[1]}';
    const { response, input } = await stack().ask('/cars', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(200);
    expect(input.parsed_body).toEqual({ a: [1] });
    expect(input.truncated_body).toBe(false);
    expect(valuesOf(input, 'x-envoy-auth-partial-body')).toEqual(['false']);
    expect(Buffer.from(input.attributes.request.http.rawBody, 'base64').toString()).toBe(body);
  });

  test('A5 so is the credential, and a second one beside it is seen', async () => {
    const { input } = await stack().ask('/cars', { headers: { 'x-subject': 'alice', 'x-roles': 'manager' } });
    expect(input.identity).toEqual({ source: 'trusted-header', subject: 'alice', roles: ['manager'] });
    const two = await stack().ask('/cars', {
      headers: [
        ['x-subject', 'alice'],
        ['x-subject', 'alice'],
      ],
    });
    expect(two.response.status).toBe(401);
    expect(two.input).toBeUndefined();
  });

  test('A5 and so are the names of protected headers: the client cannot pass one on, though Envoy does not strip it', async () => {
    const { input, echo } = await stack().ask('/cars', { headers: { 'X-User-Roles': 'ADMIN_ROLE' } });
    expect(valuesOf(input, 'x-user-roles')).toEqual(['ADMIN_ROLE']);
    expect(echo && echoedHeader(echo, 'x-user-roles')).toEqual([]);
  });
});

describe('encode_raw_headers with the shape http-api', () => {
  const stack = useSeenInput({
    shape: 'http-api',
    change: ({ extAuthz }) => {
      extAuthz['encode_raw_headers'] = true;
    },
  });

  test('A5 the policy finds the headers as a map, joined, without pseudo headers', async () => {
    const { input } = await stack().ask('/cars', {
      headers: [
        ['x-a', '1'],
        ['X-A', '2'],
      ],
    });
    expect(input.headers['x-a']).toBe('1,2');
    expect(Object.keys(input.headers).filter((name) => name.startsWith(':'))).toEqual([]);
    expect(input).toMatchObject({ method: 'GET', path: ['cars'] });
  });
});
