import type { AddressInfo } from 'node:net';
import { createBackend } from './backend.js';

const server = createBackend();
const port = Number(process.env['BACKEND_PORT'] ?? 8081);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}

// Loopback by default: whoever reaches the backend without Envoy is not checked.
server.listen(port, process.env['BACKEND_HOST'] ?? '127.0.0.1', () => {
  console.log(`backend listens on port ${(server.address() as AddressInfo).port}`);
});
