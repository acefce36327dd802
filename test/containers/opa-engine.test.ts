import { GenericContainer, Wait } from 'testcontainers';
import { createOpaEngine } from '../../src/engine/opa/opa-engine.js';
import { contractPolicy } from '../contract/engine/contract-policy.js';
import { testEngineContract } from '../contract/engine/engine-contract.js';
import { buildBundle } from '../support/policy-bundle.js';

testEngineContract('opa in its official image', async () => {
  const source = await buildBundle({ ...contractPolicy, target: 'rego' });
  const container = await new GenericContainer('openpolicyagent/opa:1.22.2-static')
    .withCopyFilesToContainer([{ source, target: '/bundle.tar.gz' }])
    .withCommand(['run', '--server', '--addr', '0.0.0.0:8181', '--bundle', '/bundle.tar.gz'])
    .withExposedPorts(8181)
    .withWaitStrategy(Wait.forHttp('/health?bundles', 8181))
    .start();
  const url = `http://${container.getHost()}:${container.getMappedPort(8181)}`;
  return {
    createEngine: () => createOpaEngine({ url }),
    slowSize: 4000,
    stop: async () => {
      await container.stop();
    },
  };
});
