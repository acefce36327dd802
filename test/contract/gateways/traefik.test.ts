import { describeGateway } from '../../support/gateway-contract.js';
import { startTraefikDouble } from '../../support/traefik-double.js';

// Against Traefik's documented contract: there is no Traefik to be had where the tests run.

describeGateway({
  title: 'The contract of Traefik',
  preset: 'traefik',
  start: startTraefikDouble,
  denialBody: true,
  passesUnderscores: true,
  outage: 500,
});
