import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { as } from '../../e2e/callers.js';
import { type GatewayStack, startGatewayStack } from '../../support/gateway-stack.js';
import { requestCases, requestOf } from '../../support/request-rows.js';
import { seenPolicy } from '../../support/seen-policy.js';

// API Gateway cannot be had: its documented events go through the authorizer to a real Portcullis.

interface Reply {
  readonly isAuthorized?: boolean;
  readonly policyDocument?: { readonly Statement: readonly [{ readonly Effect: string; readonly Resource: string }] };
  readonly principalId?: string;
  readonly context: Readonly<Record<string, string>>;
}
// biome-ignore lint/suspicious/noExplicitAny: events are what AWS documents, not a form of ours.
type Event = any;

const authorizer = new URL('../../../examples/aws/authorizer.mjs', import.meta.url).href;
const { handler } = (await import(authorizer)) as { handler: (event: Event) => Promise<Reply> };
const documented = async (name: string): Promise<Event> =>
  JSON.parse(await readFile(new URL(`../../fixtures/aws/${name}.json`, import.meta.url), 'utf8'));

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Form = 'rest' | 'http';

/** The documented event, about another request. */
async function eventOf(form: Form, { method, path, query = '', headers = {} }: Request): Promise<Event> {
  const event = await documented(`${form}-request`);
  if (form === 'http') {
    Object.assign(event.requestContext.http, { method, path });
    return { ...event, rawPath: path, rawQueryString: query, headers: { ...event.headers, ...headers } };
  }
  const several = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  const multiValueQueryStringParameters: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    multiValueQueryStringParameters[name] = [...(multiValueQueryStringParameters[name] ?? []), value];
  }
  return {
    ...event,
    httpMethod: method,
    path,
    methodArn: `arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/${method}${path}`,
    multiValueHeaders: { ...event.multiValueHeaders, ...several },
    multiValueQueryStringParameters,
  };
}

/**
 * What API Gateway would answer, by its documentation; `200` stands for the backend's turn. That the error `Unauthorized`
 * is a 401 is documented for REST APIs only.
 */
async function statusOf(event: Event): Promise<number> {
  try {
    const reply = await handler(event);
    const allowed = reply.isAuthorized ?? reply.policyDocument?.Statement[0].Effect === 'Allow';
    return allowed ? 200 : 403;
  } catch (error) {
    return (error as Error).message === 'Unauthorized' ? 401 : 500;
  }
}

let stack: GatewayStack;
const none = async () => ({ url: '', accessLog: () => [], stop: async () => {} });

async function start(options: { rego?: string; path?: string }): Promise<void> {
  stack = await startGatewayStack({ preset: 'aws', start: none, ...(options.rego && { rego: options.rego }) });
}

afterAll(() => {
  delete process.env['CHECK_URL'];
});

/** Probes are routes without an authorizer. */
const checkedCases = requestCases.filter(({ path }) => !path.startsWith('/health/'));

describe.each(['rest', 'http'] as const)('a %s API', (form) => {
  describe('the sample policy', () => {
    beforeAll(() => start({}));
    afterAll(() => stack.stop());

    test.each(checkedCases)('B-36 $ids $method $path by $person is $code', async ({ code, ...one }) => {
      const demo = /^\/demo(\/|$)/.test(one.path) ? '/authz/allow' : '';
      process.env['CHECK_URL'] = `http://${stack.front}/check${demo}`;
      const headers = requestOf({ ...one, code }).headers as Record<string, string>;
      const status = await statusOf(await eventOf(form, { ...one, headers }));
      expect(status).toBe(code === 404 ? 200 : code);
    });

    test('B-36 the identity comes in the context, and is empty when there is none', async () => {
      process.env['CHECK_URL'] = `http://${stack.front}/check`;
      const forged = { 'x-user': 'root' };
      const known = await handler(
        await eventOf(form, {
          method: 'GET',
          path: '/cars',
          headers: { ...as('alice'), ...forged } as Record<string, string>,
        }),
      );
      expect(known.context).toMatchObject({ x_user: 'alice', decision_id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
      const anonymous = await handler(await eventOf(form, { method: 'GET', path: '/cars', headers: forged }));
      expect(anonymous.context).toMatchObject({ x_user: '', x_user_roles: '' });
    });

    test('what a client writes into the headers of sub-requests is not believed', async () => {
      process.env['CHECK_URL'] = `http://${stack.front}/check`;
      const headers = { 'X-Original-Method': 'GET', 'x-original-uri': '/cars', 'X-Forwarded-Method': 'GET' };
      expect(await statusOf(await eventOf(form, { method: 'POST', path: '/v1/admin/users/t', headers }))).toBe(401);
    });

    test('a path that API Gateway has decoded cannot grow a query or a fragment', async () => {
      process.env['CHECK_URL'] = `http://${stack.front}/check`;
      for (const path of ['/cars?/x', '/cars#x', '/cars/../x', '/cars%2f..']) {
        expect(
          await statusOf(await eventOf(form, { method: 'PUT', path, headers: as('kelly') as Record<string, string> })),
          path,
        ).toBe(403);
      }
    });

    test('without Portcullis nothing passes', async () => {
      await stack.portcullis.kill();
      expect(await statusOf(await eventOf(form, { method: 'GET', path: '/cars' }))).toBe(500);
    });
  });

  test('B-36 the policy sees what the documented event says', async () => {
    await start({ rego: seenPolicy });
    process.env['CHECK_URL'] = `http://${stack.front}/check`;
    const { context } = await handler(await documented(`${form}-request`));
    await stack.stop();
    const input = JSON.parse(Buffer.from(context['x_user'] ?? '', 'base64').toString());
    const { source, request } = input.attributes;
    expect(source.address.socketAddress.address).toBe('192.0.2.77');
    expect(request.http).toMatchObject({ host: 'abcdef123.execute-api.us-east-1.amazonaws.com', scheme: 'https' });
    if (form === 'rest') {
      expect(request.http).toMatchObject({ method: 'GET', path: '/request?QueryString1=queryValue1' });
      expect(request.http.headers).toMatchObject({ accept: '*/*', 'x-amz-date': '20170718T062915Z' });
    } else {
      expect(request.http.method).toBe('POST');
      expect(input.parsed_query).toEqual({ parameter1: ['value1', 'value2'], parameter2: ['value'] });
      expect(request.http.headers).toMatchObject({ header1: 'value1', cookie: 'cookie1; cookie2' });
    }
  });
});

test('B-36 a TOKEN event is refused, and a policy for more than one path is never given', async () => {
  const methodArn = 'arn:aws:execute-api:us-east-1:1:a/test/GET/request';
  await expect(handler({ type: 'TOKEN', authorizationToken: 'x', methodArn })).rejects.toThrow(/REQUEST/);
  await start({});
  process.env['CHECK_URL'] = `http://${stack.front}/check`;
  expect(await statusOf(await eventOf('rest', { method: 'GET', path: '/cars/*' }))).toBe(403);
  expect(await statusOf(await eventOf('rest', { method: 'GET', path: '/cars/x' }))).toBe(200);
  await stack.stop();
});
