import type { TestProject } from 'vitest/node';
import { buildIfNeeded } from '../../scripts/demo/build.js';
import { findTool } from '../../scripts/tools/find-tool.js';
import { startPostgres } from '../support/postgres-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** `127.0.0.1:port` of a Postgres in which each test file makes a database of its own. */
    postgres: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await Promise.all([buildIfNeeded(), findTool('envoy'), findTool('redis-server')]);
  const postgres = await startPostgres();
  project.provide('postgres', postgres.address);
  return () => postgres.stop();
}
