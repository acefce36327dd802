#!/usr/bin/env node
import { run } from './cli/run.js';

// The only place that touches the process: its arguments, environment, streams, signals and exit.
process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  onSignal: (signal, listener) => process.on(signal, listener),
});

// Everything is closed by now. A write to a pipe that nobody reads must not keep the process from ending.
setTimeout(() => process.exit(), 1_000).unref();
