import { describeGateway } from '../support/gateway-contract.js';
import { startHaproxy } from '../support/gateway-launch.js';

describeGateway({
  title: 'HAProxy',
  preset: 'haproxy',
  start: startHaproxy,
  denialBody: true,
  passesUnderscores: true,
});
