import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { locateTool } from './locate-tool.js';
import { runCommand } from './run-command.js';
import { type ToolName, tools } from './tool.js';
import { ways } from './ways.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The absolute path of Envoy or OPA: from the PATH, else from the cache in `.tools`, else provided there.
 * @throws Error that lists each way that was tried, why it failed and what to install.
 */
export function findTool(name: ToolName): Promise<string> {
  return locateTool(tools[name], {
    run: runCommand,
    ways: ways[name],
    folder: join(repository, '.tools'),
    searchPath: process.env['PATH'] ?? '',
    platform: process.platform,
    notice: (text) => process.stderr.write(`${text}\n`),
  });
}
