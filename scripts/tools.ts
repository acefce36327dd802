import { findPostgres } from './tools/find-postgres.js';
import { findTool } from './tools/find-tool.js';

const names = ['envoy', 'opa', 'redis-server', 'kubectl', 'helm'] as const;
const programs = [
  ...names.map((name) => ({ name, find: () => findTool(name) })),
  // A folder of several programs and what they need.
  { name: 'postgres', find: findPostgres },
];

for (const { name, find } of programs) {
  try {
    console.log(`${name}  ${await find()}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
