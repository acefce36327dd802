import { describeGateway } from '../support/gateway-contract.js';
import { startCaddy } from '../support/gateway-launch.js';

describeGateway({
  title: 'Caddy',
  preset: 'caddy',
  start: startCaddy,
  denialBody: true,
  passesUnderscores: false,
});
