import { expect, onTestFinished, test } from 'vitest';
import type { EnvoyConfig } from '../../scripts/demo/envoy-config.js';
import { startStack } from '../support/stack.js';

const servers = ['grpc-js', 'http2'] as const;

/** What `envoy_grpc.authority` says, or without it the name of the cluster, which control planes choose as they like. */
const authorities = [
  ['a host and port', 'portcullis.example.org:9191', [200, 401]],
  ['a name with an underscore', 'ext_authz_portcullis', [200, 401]],
  ['what Istio makes of its cluster name', 'outbound_.9191_._.portcullis.authz.svc.cluster.local', [200, 401]],
  // HTTP/2 on Node refuses the stream, since RFC 3986 §3.2.2 knows no such host; docs/envoy.md names the cure.
  ['a cluster name with a bar', 'outbound|9191||portcullis.authz.svc.cluster.local', [503, 503]],
  ['a cluster name with slashes', 'securitypolicy/default/portcullis/extauth/0', [503, 503]],
] as const;
const cases = servers.flatMap((server) =>
  authorities.map(([form, authority, statuses]) => ({ server, form, authority, statuses })),
);

test.each(cases)('$server called by $form: $statuses', async ({ server, authority, statuses }) => {
  const stack = await startStack({
    engine: 'wasm',
    transport: 'tcp',
    config: { grpc: { server } },
    envoy: { change: (config) => callBy(config, authority) },
  });
  onTestFinished(() => stack.stop());
  expect([(await stack.send('/cars')).status, (await stack.send('/trucks')).status]).toEqual(statuses);
});

function callBy(config: EnvoyConfig, authority: string): void {
  const text = JSON.stringify(config);
  const changed = text.replaceAll('"authority":"portcullis"', `"authority":${JSON.stringify(authority)}`);
  expect(changed).not.toBe(text);
  Object.assign(config, JSON.parse(changed));
}
