import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { addFilter, perRoute } from './support/gateway.js';
import { useSeenInput } from './support/seen-input.js';

const issuer = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function jwt(claims: object): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${encode({ alg: 'ES256', kid: 'one' })}.${encode({ iss: 'https://issuer.example', ...claims })}`;
  const signature = sign('sha256', Buffer.from(content), { key: issuer.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${content}.${signature.toString('base64url')}`;
}

describe('metadata', () => {
  const stack = useSeenInput({
    change: (gateway) => {
      const jwks = { keys: [{ ...issuer.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' }] };
      addFilter(
        gateway,
        'envoy.filters.http.jwt_authn',
        'envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication',
        {
          providers: {
            issuer: {
              issuer: 'https://issuer.example',
              local_jwks: { inline_string: JSON.stringify(jwks) },
              payload_in_metadata: 'claims',
            },
          },
          rules: [
            {
              match: { prefix: '/' },
              requires: { requires_any: { requirements: [{ provider_name: 'issuer' }, { allow_missing: {} }] } },
            },
          ],
        },
      );
      addFilter(gateway, 'envoy.filters.http.set_metadata', 'envoy.extensions.filters.http.set_metadata.v3.Config', {
        metadata: [
          {
            metadata_namespace: 'test.typed',
            typed_value: { '@type': 'type.googleapis.com/google.protobuf.StringValue', value: 'gold' },
          },
          { metadata_namespace: 'test.hidden', value: { secret: 'hush' } },
        ],
      });
      gateway.catchAll['metadata'] = {
        filter_metadata: { 'test.route': { owner: 'cars', tier: 2, tags: ['a', null] }, 'test.other': { x: 1 } },
      };
      Object.assign(gateway.extAuthz, {
        metadata_context_namespaces: ['envoy.filters.http.jwt_authn', 'test.missing'],
        typed_metadata_context_namespaces: ['test.typed'],
        route_metadata_context_namespaces: ['test.route', 'test.missing'],
        bootstrap_metadata_labels_key: 'pod_labels',
      });
      gateway.config['node'] = {
        id: 'gateway-0',
        cluster: 'gateways',
        metadata: { pod_labels: { app: 'gateway', zone: 'b', replicas: 3 }, other: 'not sent' },
      };
    },
  });

  test('A22 verified claims arrive under the namespace of the filter; other namespaces do not', async () => {
    const token = jwt({
      sub: 'alice',
      exp: 4102444800,
      roles: ['manager'],
      nested: { level: 1.5, ok: true, no: null },
    });
    const { response, input } = await stack().ask('/cars', { headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(200);
    expect(input.attributes.metadataContext.filterMetadata).toEqual({
      'envoy.filters.http.jwt_authn': {
        claims: {
          iss: 'https://issuer.example',
          sub: 'alice',
          exp: 4102444800,
          roles: ['manager'],
          nested: { level: 1.5, ok: true, no: null },
        },
      },
    });
  });

  test('A22 without a token there is no metadata of that filter, and with a forged one no check', async () => {
    const { input } = await stack().ask('/cars');
    expect(input.attributes.metadataContext).not.toHaveProperty('filterMetadata');
    const forged = jwt({ sub: 'alice' }).replace(
      /\.[^.]*\./,
      `.${Buffer.from('{"sub":"admin"}').toString('base64url')}.`,
    );
    const before = await stack().checks();
    const seen = await stack().ask('/cars', { headers: { authorization: `Bearer ${forged}` } });
    expect(seen.response.status).toBe(401);
    expect(await stack().checks()).toEqual(before);
  });

  test('A23 typed metadata of a type nobody here knows does no harm: its name and its bytes', async () => {
    const { response, input } = await stack().ask('/cars');
    expect(response.status).toBe(200);
    expect(input.attributes.metadataContext.typedFilterMetadata).toEqual({
      'test.typed': {
        typeUrl: 'type.googleapis.com/google.protobuf.StringValue',
        value: Buffer.from('\x0a\x04gold').toString('base64'),
      },
    });
  });

  test('A24 metadata of the route', async () => {
    const { input } = await stack().ask('/cars');
    expect(input.attributes.routeMetadataContext).toEqual({
      filterMetadata: { 'test.route': { owner: 'cars', tier: 2, tags: ['a', null] } },
    });
  });

  test('A25 labels are the texts of that member of the node; what is no text is empty', async () => {
    const { input } = await stack().ask('/cars');
    expect(input.attributes.destination.labels).toEqual({ app: 'gateway', zone: 'b', replicas: '' });
    expect(input.attributes.source).not.toHaveProperty('labels');
  });
});

describe('settings of routes', () => {
  const stack = useSeenInput({
    config: { engine: { paths: [{ path: 'seen/decision' }] } },
    change: ({ virtualHost, catchAll, connectionManager }) => {
      const settings = { check_settings: { context_extensions: { tenant: 'host', region: 'eu', empty: '' } } };
      virtualHost.typed_per_filter_config = { ...virtualHost.typed_per_filter_config, ...perRoute(settings) };
      const match = { path: '/tenant' };
      const route = { ...structuredClone(catchAll), match };
      route.typed_per_filter_config = perRoute({
        check_settings: { context_extensions: { tenant: 'route', tier: 'gold' } },
      });
      virtualHost.routes.unshift(route);

      const open = { ...structuredClone(virtualHost), name: 'open', domains: ['open.example'] };
      open.typed_per_filter_config = perRoute({ disabled: true });
      const checked = { ...structuredClone(catchAll), match: { path: '/checked' } };
      checked.typed_per_filter_config = perRoute({ check_settings: { context_extensions: { tenant: 'checked' } } });
      open.routes = [checked, structuredClone(catchAll)];
      connectionManager.route_config.virtual_hosts.push(open);
    },
  });

  test('A21 context extensions: the route wins over the virtual host, the others are merged', async () => {
    const { input } = await stack().ask('/tenant');
    expect(input.attributes.contextExtensions).toEqual({ tenant: 'route', tier: 'gold', region: 'eu', empty: '' });
    const other = await stack().ask('/cars');
    expect(other.input.attributes.contextExtensions).toEqual({ tenant: 'host', region: 'eu', empty: '' });
  });

  test('A28 a route with settings is checked although its virtual host is disabled', async () => {
    const before = await stack().checks();
    const { input } = await stack().ask('/checked', { headers: { host: 'open.example' } });
    expect(input.attributes.contextExtensions).toEqual({ tenant: 'checked' });
    const after = await stack().checks();
    expect(after.ok).toBe(before.ok + 1);
    const open = await stack().ask('/cars', { headers: { host: 'open.example' } });
    expect(open.response.status).toBe(200);
    expect(open.input).toBeUndefined();
    expect(await stack().checks()).toEqual(after);
  });
});
