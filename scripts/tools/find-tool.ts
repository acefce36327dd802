import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { locateTool } from './locate-tool.js';
import { runCommand } from './run-command.js';
import { atVersion, type Tool, type ToolName, tools } from './tool.js';
import { ways } from './ways.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The absolute path of a tool: from the PATH, else from the cache in `.tools`, else provided there.
 * @throws Error that lists each way that was tried, why it failed and what to install.
 */
export function findTool(name: ToolName): Promise<string> {
  return provided(tools[name], join(repository, '.tools'), process.env['PATH'] ?? '');
}

/**
 * The absolute path of exactly this release of Envoy, such as `1.36.4`: from the cache in `.tools/envoy-1.36.4`, else
 * provided there. The PATH is not searched, because what stands there may be any release.
 * @throws Error that lists each way that was tried, why it failed and what to install.
 */
export function findEnvoyVersion(version: string): Promise<string> {
  return provided(atVersion(tools.envoy, version), join(repository, '.tools', `envoy-${version}`), '');
}

function provided(tool: Tool, folder: string, searchPath: string): Promise<string> {
  return locateTool(tool, {
    run: runCommand,
    ways: ways[tool.name],
    folder,
    searchPath,
    platform: process.platform,
    notice: (text) => process.stderr.write(`${text}\n`),
  });
}
