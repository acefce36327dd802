import { join } from 'node:path';
import { startEnvoy } from '../support/envoy-server.js';
import { describeGateway } from '../support/gateway-contract.js';
import { repository } from '../support/portcullis-server.js';

// Envoy's other way of asking, held to what the gRPC one answers.

describeGateway({
  title: 'Envoy over HTTP',
  preset: 'envoy-http',
  start: ({ portcullis, backend }) =>
    startEnvoy({ config: join(repository, 'envoy', 'gateway-http.yaml'), clusters: { portcullis, backend } }),
  denialBody: true,
  passesUnderscores: false,
});
