import { expect, test } from 'vitest';
import { buildBundle } from '../../support/policy-bundle.js';
import { client, httpCheck, outcome } from './check-call.js';
import { serve } from './serve.js';

const rego = `package envoy.authz

allow if input.parsed_path == ["yes"]

allow := {"allow": true} if input.parsed_path == ["alias"]
`;

const get = (path: string) => httpCheck({ method: 'GET', path });

test('compatibility opa-envoy-plugin answers as the plugin does, and each key set by hand wins', async () => {
  const engine = { wasm: { bundle: await buildBundle({ rego, entrypoints: ['envoy/authz/allow'] }) } };
  const answers = async (config: object) => {
    const grpc = client((await serve({ config: { engine, ...config } })).grpcAddress);
    return [await outcome(grpc, get('/yes')), await outcome(grpc, get('/no')), await outcome(grpc, get('/alias'))];
  };
  expect(await answers({})).toEqual(['allow', 'deny Forbidden', 'allow']);
  const compatibility = 'opa-envoy-plugin';
  expect(await answers({ compatibility })).toEqual(['allow', 'grpc 2', 'grpc 2']);
  expect(await answers({ compatibility, decision: { undefined: 'deny' } })).toEqual([
    'allow',
    'deny Forbidden',
    'grpc 2',
  ]);
});
