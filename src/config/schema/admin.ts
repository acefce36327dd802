import { z } from 'zod';
import { tcpAddress } from './forms.js';

export const admin = z.strictObject({
  address: tcpAddress
    .default('127.0.0.1:9090')
    .describe('Where /livez, /readyz, /metrics, /status and the key set of our tokens are served: `host:port`.'),
});
