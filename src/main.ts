#!/usr/bin/env node
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { heapOptions } from './cli/heap-options.js';
import type { SupervisorLine } from './cli/work.js';

// Before anything is loaded, and with it the heap grows. Other commands end soon.
if (process.argv[2] === 'serve' || process.argv[2] === 'worker') {
  const options = heapOptions(process.execArgv, process.env['NODE_OPTIONS'] ?? '', process.versions.node);
  for (const option of options) setFlagsFromString(option);
}
const { run } = await import('./cli/run.js');

// The only place that touches the process: its arguments, environment, streams, signals, parent, children and exit.
process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  onSignal: (signal, listener) => process.on(signal, listener),
  fork: (args) => fork(fileURLToPath(import.meta.url), args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] }),
  supervisor: supervisorLine(),
});

// Everything is closed by now. A write to a pipe that nobody reads must not keep the process from ending.
setTimeout(() => process.exit(), 1_000).unref();

function supervisorLine(): SupervisorLine | undefined {
  if (process.send === undefined) return undefined;
  let sent: Promise<unknown> = Promise.resolve();
  return {
    send: (report) => {
      // An error means that nobody listens any more, which `disconnect` tells.
      sent = new Promise((resolve) => process.send?.(report, undefined, undefined, resolve));
    },
    onOrder: (listener) => process.on('message', listener),
    onGone: (listener) => process.on('disconnect', listener),
    close: async () => {
      await sent;
      if (process.connected) process.disconnect();
    },
  };
}
