import { describeGateway } from '../support/gateway-contract.js';
import { startNginx } from '../support/gateway-launch.js';

describeGateway({
  title: 'NGINX',
  preset: 'nginx',
  start: startNginx,
  denialBody: false,
  passesUnderscores: false,
});
