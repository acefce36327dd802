import { readBuiltinCalls } from './read-calls.js';
import { WasmReader } from './wasm-reader.js';

const section = { custom: 0, imports: 2, code: 10 } as const;
const functionNames = 1;
/** What OPA's compiler calls the function of a rule: `g0.data.gateway.allow`. */
const ruleName = /^g\d+\.(data\..+)$/;

interface Sections {
  readonly imports: Uint8Array;
  readonly code: Uint8Array;
  readonly names: Uint8Array;
}

/**
 * The rules, such as `data.gateway.allow`, that call a built-in, read from the module itself: the
 * Rego in a bundle lacks the rules that were compiled. This only serves the message about a built-in
 * that is missing; what cannot be made out is left out.
 *
 * @param builtin the number of the built-in in the module
 */
export function findBuiltinCallers(wasm: Uint8Array, builtin: number): readonly string[] {
  try {
    const { code, imports, names } = readSections(wasm);
    const imported = readImportedFunctions(imports);
    const arities = new Map<number, number>();
    imported.forEach((name, index) => {
      const arity = /^opa_builtin(\d)$/.exec(name)?.[1];
      if (arity !== undefined) arities.set(index, Number(arity));
    });
    const rules = readRuleNames(names);
    const bodies = readBodies(code);
    return [...rules].flatMap(([index, rule]) => {
      const body = bodies[index - imported.length];
      return body !== undefined && readBuiltinCalls(body, arities).includes(builtin) ? [rule] : [];
    });
  } catch {
    return [];
  }
}

function readSections(wasm: Uint8Array): Sections {
  const none: Uint8Array = new Uint8Array([0]);
  const found = { imports: none, code: none, names: none };
  const reader = new WasmReader(wasm, 8);
  while (!reader.atEnd) {
    const id = reader.byte();
    const content = reader.block();
    if (id === section.imports) found.imports = content;
    if (id === section.code) found.code = content;
    if (id === section.custom && new WasmReader(content).text() === 'name') found.names = content;
  }
  return found;
}

/** Names of the imported functions, which have the first indices. */
function readImportedFunctions(content: Uint8Array): readonly string[] {
  const reader = new WasmReader(content);
  const functions: string[] = [];
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    reader.block();
    const name = reader.text();
    const kind = reader.byte();
    if (kind === 0) functions.push(name);
    if (kind === 1) reader.byte();
    if (kind === 1 || kind === 2) readLimits(reader);
    else reader.unsigned();
    if (kind === 3) reader.byte();
  }
  return functions;
}

function readLimits(reader: WasmReader): void {
  const hasMaximum = reader.byte() === 1;
  reader.unsigned();
  if (hasMaximum) reader.unsigned();
}

function readBodies(content: Uint8Array): readonly Uint8Array[] {
  const reader = new WasmReader(content);
  return Array.from({ length: reader.unsigned() }, () => reader.block());
}

function readRuleNames(content: Uint8Array): ReadonlyMap<number, string> {
  const rules = new Map<number, string>();
  const reader = new WasmReader(content);
  reader.block();
  while (!reader.atEnd) {
    const kind = reader.byte();
    const names = new WasmReader(reader.block());
    if (kind !== functionNames) continue;
    for (let left = names.unsigned(); left > 0; left -= 1) {
      const index = names.unsigned();
      const rule = ruleName.exec(names.text())?.[1];
      if (rule !== undefined) rules.set(index, rule);
    }
  }
  return rules;
}
