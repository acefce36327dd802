import { expect, test } from 'vitest';
import { type EnvoyConfig, withAddresses } from '../../../scripts/demo/envoy-config.js';

const endpointAt = (port: number) => ({
  endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } },
});

const config: EnvoyConfig = {
  admin: { address: { socket_address: { address: '127.0.0.1', port_value: 1 } } },
  static_resources: {
    listeners: [{ name: 'gateway', address: { socket_address: { address: '127.0.0.1', port_value: 2 } } }],
    clusters: [
      { name: 'backend', load_assignment: { endpoints: [{ lb_endpoints: [endpointAt(3)] }] } },
      { name: 'portcullis', load_assignment: { endpoints: [{ lb_endpoints: [endpointAt(4)] }] } },
    ],
  },
};

test('nothing changes that is not named', () => {
  expect(withAddresses(config, {})).toEqual(config);
});

test('listener, admin and clusters move; the original stays', () => {
  const before = structuredClone(config);
  const moved = withAddresses(config, {
    listener: '127.0.0.1:12',
    admin: '[::1]:11',
    clusters: { portcullis: 'unix:///run/check.sock' },
  });
  expect(moved.static_resources.listeners?.[0]?.address).toEqual({
    socket_address: { address: '127.0.0.1', port_value: 12 },
  });
  expect(moved.admin?.address).toEqual({ socket_address: { address: '::1', port_value: 11 } });
  const [backend, portcullis] = moved.static_resources.clusters ?? [];
  expect(backend).toEqual(config.static_resources.clusters?.[0]);
  expect(portcullis?.load_assignment.endpoints[0]?.lb_endpoints[0]?.endpoint.address).toEqual({
    pipe: { path: '/run/check.sock' },
  });
  expect(config).toEqual(before);
});

test('a cluster that is not there is an error', () => {
  expect(() => withAddresses(config, { clusters: { opa: '127.0.0.1:1' } })).toThrow(/no cluster opa/);
});
