import { describe, expect, test } from 'vitest';
import { perRoute } from './support/gateway.js';
import { useSeenInput } from './support/seen-input.js';

const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":1}' };

describe('body settings of routes', () => {
  const stack = useSeenInput({
    change: ({ virtualHost, catchAll }) => {
      const body = { max_request_bytes: 1024, pack_as_bytes: true };
      const settings = { check_settings: { with_request_body: body, context_extensions: { from: 'host' } } };
      virtualHost.typed_per_filter_config = { ...virtualHost.typed_per_filter_config, ...perRoute(settings) };
      const context = { ...structuredClone(catchAll), match: { path: '/context' } };
      context.typed_per_filter_config = perRoute({ check_settings: { context_extensions: { tier: 'gold' } } });
      virtualHost.routes.unshift(context);
    },
  });

  test('B12 the body settings of a virtual host hold where no route says anything', async () => {
    const { input } = await stack().ask('/cars', post);
    expect(input.parsed_body).toEqual({ a: 1 });
    expect(input.attributes.request.http).toHaveProperty('body');
    expect(input.attributes.request.http).not.toHaveProperty('rawBody');
  });

  test('B12 a route that only adds context loses them', async () => {
    const { response, input } = await stack().ask('/context', post);
    expect(response.status).toBe(200);
    expect(input.attributes.contextExtensions).toEqual({ from: 'host', tier: 'gold' });
    expect(input).toMatchObject({ parsed_body: null, truncated_body: false });
    expect(input.attributes.request.http).not.toHaveProperty('body');
  });
});

describe('a check larger than grpc.max_message_size', () => {
  const stack = useSeenInput({
    config: { grpc: { max_message_size: '4KiB' } },
    change: ({ extAuthz }) => {
      extAuthz['with_request_body'] = { max_request_bytes: 65536, pack_as_bytes: true };
    },
  });

  test('B13 is an error, which Envoy answers with its status_on_error', async () => {
    const before = await stack().checks();
    const { response, input, echo, log } = await stack().ask('/cars', {
      ...post,
      body: JSON.stringify('x'.repeat(8192)),
    });
    expect(response.status).toBe(503);
    expect(log).toMatchObject({ flags: 'UAEX', details: 'ext_authz_error' });
    expect([input, echo]).toEqual([undefined, undefined]);
    expect(await stack().checks()).toEqual({ ...before, error: before.error + 1 });
    expect((await stack().ask('/cars', post)).response.status).toBe(200);
  });
});
