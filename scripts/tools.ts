import { findPostgres } from './tools/find-postgres.js';
import { findTool } from './tools/find-tool.js';
import { toolNames } from './tools/tool.js';

const programs = [
  ...toolNames.map((name) => ({ name, find: () => findTool(name) })),
  // A folder of several programs and what they need.
  { name: 'postgres', find: findPostgres },
];
/** Those of tests that `npm test` does not run: only when named. */
const others = (['caddy', 'egctl', 'istioctl'] as const).map((name) => ({ name, find: () => findTool(name) }));

const asked = process.argv.slice(2);
const wanted = asked.length === 0 ? programs : [...programs, ...others].filter(({ name }) => asked.includes(name));
for (const { name, find } of wanted) {
  try {
    console.log(`${name}  ${await find()}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
