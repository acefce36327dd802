import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { differences } from './policies/differences.js';
import { gatewayBundle, policies, regoBundle } from './policies/gateway.js';
import { tools } from './tools/tool.js';

/** What is kept of `policies/`, packed: for Portcullis itself, and for the OPA of the Kubernetes objects. */
const kept = [
  { file: join(policies, 'gateway.tar.gz'), pack: gatewayBundle },
  { file: join(policies, '..', 'k8s', 'components', 'policies', 'gateway.tar.gz'), pack: regoBundle },
] as const;

const usage = `npm run policies -- build       compiles policies/ into policies/gateway.tar.gz and k8s/components/policies/gateway.tar.gz
npm run policies -- check       fails if they are not what policies/ compiles to
npm run policies -- rego FILE   writes the same policy without WebAssembly, for an OPA server`;

async function check(): Promise<void> {
  const lines: string[] = [];
  for (const { file, pack } of kept) {
    const found = await differences(await readFile(file), await pack());
    if (found.length === 0) continue;
    lines.push(`${relative(join(policies, '..'), file)} is not what policies/ compiles to:`);
    lines.push(...found.map((line) => `  ${line}`));
  }
  if (lines.length === 0) return;
  lines.push(`It is made with OPA ${tools.opa.version}. To make it anew: npm run policies -- build`);
  console.error(lines.join('\n'));
  process.exitCode = 1;
}

const [command, file] = process.argv.slice(2);
try {
  if (command === 'build') for (const { file, pack } of kept) await writeFile(file, await pack());
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
