import { beforeEach } from 'vitest';
import { until } from './until.js';

const sockets = new Set(['TCPSocketWrap', 'TCPServerWrap', 'TLSWrap', 'PipeWrap', 'PipeServerWrap', 'HTTP2Session']);

/** Fails each test that leaves a socket or a listener open. */
export function failOnLeaks(): void {
  beforeEach(({ onTestFinished }) => {
    const before = openSockets();
    // Registered first, so that it runs after everything else that the test registers.
    onTestFinished(async () => {
      // Fewer are no leak: a program that the file started may have been let go meanwhile.
      await until(() => openSockets().length <= before.length).catch(() => {
        throw new Error(`sockets left open: ${openSockets().join(' ')}; before the test: ${before.join(' ')}`);
      });
    }, 15_000);
  });
}

function openSockets(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => sockets.has(name))
    .sort();
}
