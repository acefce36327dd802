import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { findTool } from '../../../../scripts/tools/find-tool.js';
import { supportedBuiltins } from '../../../../src/engine/wasm/builtins/builtins.js';
import { compileBundle } from '../../../../src/engine/wasm/load-policy.js';
import { readBundle } from '../../../../src/policy/bundle/read-bundle.js';
import { buildBundle } from '../../../support/policy-bundle.js';

interface Declaration {
  readonly name: string;
  readonly deprecated?: boolean;
  readonly infix?: string;
  readonly decl: { readonly args?: readonly unknown[]; readonly result?: unknown };
}

const sections = ['Supplied by Portcullis', 'In the WebAssembly module', 'Not available'];
let callable: readonly Declaration[] = [];
let documented: readonly (readonly string[])[] = [];

/** What a policy can call by name. */
async function readDeclarations(): Promise<readonly Declaration[]> {
  const { stdout } = await promisify(execFile)(await findTool('opa'), ['capabilities', '--current'], {
    maxBuffer: 16 * 1024 * 1024,
  });
  const all = (JSON.parse(stdout) as { builtins: readonly Declaration[] }).builtins;
  return all.filter(({ deprecated, infix, name }) => !deprecated && !infix && !/^(?:internal\.|print$)/.test(name));
}

async function readDocumented(): Promise<readonly (readonly string[])[]> {
  const page = await readFile(new URL('../../../../docs/builtins.md', import.meta.url), 'utf8');
  return sections.map((title) => {
    const section = page.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
    const table = section.split('| group | functions |')[1]?.split('\n\n')[0] ?? '';
    const cells = table.split('\n').map((row) => row.split(' | ')[1] ?? '');
    return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)).sort();
  });
}

/** One policy that calls everything; what its module does not bring along it calls in the host. */
async function hostCalls(): Promise<readonly string[]> {
  const rules = callable.map(({ decl, name }, index) => {
    const operands = (decl.args ?? []).map((_, position) => `input.operands[${position}]`).join(', ');
    return decl.result === undefined
      ? `r["${index}"] if ${name}(${operands})`
      : `r["${index}"] := ${name}(${operands})`;
  });
  const rego = ['package p', ...rules].join('\n');
  const bundle = await readBundle(await buildBundle({ rego, entrypoints: ['p/r'] }));
  if (!bundle.ok) throw bundle.error;
  const make = await compileBundle(bundle.value, {}, { maxMemoryBytes: 256 * 1024 * 1024 });
  return [...make().neededBuiltins.keys()].sort();
}

beforeAll(async () => {
  [callable, documented] = await Promise.all([readDeclarations(), readDocumented()]);
});

describe('docs/builtins.md', () => {
  test('lists as supplied what is supplied', () => {
    expect(documented[0]).toEqual([...supportedBuiltins].sort());
  });

  test('lists every function of OPA exactly once', () => {
    expect(documented.flat().sort()).toEqual(callable.map(({ name }) => name).sort());
  });

  test('lists as in the module what a module really brings along', async () => {
    const [supplied = [], , missing = []] = documented;
    expect(await hostCalls()).toEqual([...supplied, ...missing].sort());
  });
});
