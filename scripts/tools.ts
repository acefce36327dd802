import { findTool } from './tools/find-tool.js';

for (const name of ['envoy', 'opa', 'redis-server', 'kubectl', 'helm'] as const) {
  try {
    console.log(`${name}  ${await findTool(name)}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
