import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { differences } from './policies/differences.js';
import { gatewayBundle, policies, regoBundle } from './policies/gateway.js';
import { tools } from './tools/tool.js';

const kept = join(policies, 'gateway.tar.gz');

const usage = `npm run policies -- build       compiles policies/ into policies/gateway.tar.gz
npm run policies -- check       fails if policies/gateway.tar.gz is not what policies/ compiles to
npm run policies -- rego FILE   writes the same policy without WebAssembly, for an OPA server`;

async function check(): Promise<void> {
  const found = await differences(await readFile(kept), await gatewayBundle());
  if (found.length === 0) return;
  const lines = ['policies/gateway.tar.gz is not what policies/ compiles to:', ...found.map((line) => `  ${line}`)];
  lines.push(`It is made with OPA ${tools.opa.version}. To make it anew: npm run policies -- build`);
  console.error(lines.join('\n'));
  process.exitCode = 1;
}

const [command, file] = process.argv.slice(2);
try {
  if (command === 'build') await writeFile(kept, await gatewayBundle());
  else if (command === 'check') await check();
  else if (command === 'rego' && file !== undefined) await writeFile(file, await regoBundle());
  else {
    console.error(usage);
    process.exitCode = 2;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
