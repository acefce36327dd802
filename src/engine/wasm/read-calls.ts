import { WasmReader } from './wasm-reader.js';

/** An instruction: its opcode and its first operand, where it has one. */
interface Instruction {
  readonly opcode: number;
  readonly operand: number;
}

const i32Const = 0x41;
const call = 0x10;

/**
 * Numbers of the built-ins that a function body calls. OPA's compiler passes the number first, then
 * a context, then the operands, each by one instruction.
 *
 * @param arities number of operands by function index, for the functions that call built-ins
 */
export function readBuiltinCalls(body: Uint8Array, arities: ReadonlyMap<number, number>): readonly number[] {
  const instructions = readInstructions(body);
  return instructions.flatMap(({ opcode, operand }, index) => {
    const arity = opcode === call ? arities.get(operand) : undefined;
    if (arity === undefined) return [];
    const first = instructions[index - arity - 2];
    return first?.opcode === i32Const ? [first.operand] : [];
  });
}

function readInstructions(body: Uint8Array): readonly Instruction[] {
  const reader = new WasmReader(body);
  for (let groups = reader.unsigned(); groups > 0; groups -= 1) {
    reader.unsigned();
    reader.byte();
  }
  const instructions: Instruction[] = [];
  while (!reader.atEnd) {
    const opcode = reader.byte();
    instructions.push({ opcode, operand: readOperands(reader, opcode) });
  }
  return instructions;
}

function readOperands(reader: WasmReader, opcode: number): number {
  if (opcode === 0x0e) return readBranchTable(reader);
  if (opcode === 0x43) reader.skip(4);
  if (opcode === 0x44) reader.skip(8);
  const operands = operandCount(opcode);
  const first = operands > 0 ? reader.unsigned() : 0;
  if (operands > 1) reader.unsigned();
  return first;
}

/** Numbers in LEB128 that follow an opcode of WebAssembly 1.0. */
function operandCount(opcode: number): number {
  const isMemoryAccess = opcode >= 0x28 && opcode <= 0x3e;
  if (isMemoryAccess || opcode === 0x11) return 2;
  const isBlock = opcode >= 0x02 && opcode <= 0x04;
  const isBranchOrCall = opcode === 0x0c || opcode === 0x0d || opcode === call;
  const isVariable = opcode >= 0x20 && opcode <= 0x24;
  const isConstant = opcode === i32Const || opcode === 0x42;
  const isMemorySize = opcode === 0x3f || opcode === 0x40;
  return isBlock || isBranchOrCall || isVariable || isConstant || isMemorySize ? 1 : 0;
}

function readBranchTable(reader: WasmReader): number {
  for (let labels = reader.unsigned(); labels >= 0; labels -= 1) reader.unsigned();
  return 0;
}
