import type { InputTrace } from './input-trace.js';
import { joined, membersOf, nowhere, type Places, PlanNotUnderstood, readWhole } from './places.js';
import type { PlanBlock, PlanStatement } from './plan.js';
import { join, type Locals, numberOf, Scope } from './plan-scope.js';
import { wholeUses } from './plan-uses.js';

type Fields = PlanStatement['fields'];

/**
 * The statements of one function. A statement runs only if those before it in its block did, so within a block a
 * local is what was assigned last. A block may end in the middle: behind it, a local is what it was before or
 * anything that was assigned inside.
 */
export class PlanStatements {
  readonly #trace: InputTrace;
  readonly #compared: ReadonlySet<unknown>;
  readonly #returned: Places[] = [];

  /** @param compared locals whose assignment reads what is assigned */
  constructor(trace: InputTrace, compared: ReadonlySet<unknown>) {
    this.#trace = trace;
    this.#compared = compared;
  }

  /** Marks what is read; returns the places that the result may be. */
  follow(blocks: readonly PlanBlock[], params: ReadonlyMap<number, Places>): Places {
    this.#blocks(blocks, new Map(params));
    return this.#returned.reduce(joined, nowhere);
  }

  /** Leaves in `locals` what holds behind the blocks; returns what was assigned inside. */
  #blocks(blocks: readonly PlanBlock[], locals: Locals): Locals {
    const assigned: Locals = new Map();
    for (const { stmts } of blocks) {
      const inside = new Scope(locals);
      for (const statement of stmts) this.#statement(statement, inside);
      for (const into of [locals, assigned]) join(into, inside.assigned);
    }
    return assigned;
  }

  #statement({ blocks, fields, type }: PlanStatement, scope: Scope): void {
    this.#trace.step();
    switch (type) {
      case 'AssignVarStmt':
        scope.assign(fields['target'], this.#operand(fields['source'], scope));
        break;
      case 'AssignVarOnceStmt':
        this.#assignOnce(fields, scope);
        break;
      case 'DotStmt':
        this.#dot(fields, scope);
        break;
      case 'CallStmt':
        scope.assign(fields['result'], this.#call(fields, scope));
        break;
      case 'CallDynamicStmt':
        this.#callDynamic(fields, scope);
        break;
      case 'ScanStmt':
        this.#scan(fields, blocks, scope);
        break;
      case 'WithStmt':
        this.#with(fields, blocks, scope);
        break;
      case 'ReturnLocalStmt':
        this.#returned.push(scope.get(fields['source']));
        break;
      default:
        this.#use(type, fields, scope);
        scope.join(this.#blocks(blocks, scope.locals));
    }
  }

  #assignOnce(fields: Fields, scope: Scope): void {
    const source = this.#operand(fields['source'], scope);
    if (this.#compared.has(fields['target'])) readWhole(source);
    scope.assign(fields['target'], joined(source, scope.get(fields['target'])));
  }

  /** All other statements look at values as a whole, or put them where they are not followed any more. */
  #use(type: string, fields: Fields, scope: Scope): void {
    const uses = wholeUses.get(type);
    if (uses === undefined) throw new PlanNotUnderstood(`a statement ${type}`);
    for (const name of uses.operands ?? []) readWhole(this.#operand(fields[name], scope));
    for (const name of uses.locals ?? []) readWhole(scope.get(fields[name]));
    if ('target' in fields) scope.assign(fields['target'], nowhere);
  }

  #dot(fields: Fields, scope: Scope): void {
    const source = this.#operand(fields['source'], scope);
    const name = this.#constant(fields['key']);
    if (name === undefined) {
      readWhole(source);
      readWhole(this.#operand(fields['key'], scope));
    }
    scope.assign(fields['target'], name === undefined ? nowhere : membersOf(source, name));
  }

  #call(fields: Fields, scope: Scope): Places {
    const { func } = fields;
    const operands = listOf(fields['args']);
    const args = operands.map((operand) => this.#operand(operand, scope));
    if (typeof func !== 'string') throw new PlanNotUnderstood('a call without a name');
    const called = this.#trace.plan.functions.get(func);
    if (called !== undefined) return this.#trace.call(called, args);
    this.#trace.builtins.add(func);
    const [object = nowhere, , otherwise = nowhere] = args;
    const name = this.#constant(operands[1]);
    // Without a value for what is no object: whether a place holds one is part of what is read of it.
    if (func === 'object.get' && name !== undefined) return joined(membersOf(object, name), otherwise);
    for (const places of args) readWhole(places);
    return nowhere;
  }

  /** `data.routes[name].allow`: any rule that the path may lead to can be meant. */
  #callDynamic(fields: Fields, scope: Scope): void {
    const args = listOf(fields['args']).map((local) => scope.get(local));
    const path = listOf(fields['path']);
    for (const operand of path) readWhole(this.#operand(operand, scope));
    const names = path.map((operand) => this.#constant(operand));
    for (const called of this.#trace.plan.functions.values()) {
      const possible = called.path.every((segment, index) => names[index] === undefined || names[index] === segment);
      if (possible && called.params.length === args.length) readWhole(this.#trace.call(called, args));
    }
    scope.assign(fields['result'], nowhere);
  }

  /** A later round begins with what an earlier one left, so the block is followed until nothing new comes up. */
  #scan(fields: Fields, blocks: readonly PlanBlock[], scope: Scope): void {
    readWhole(scope.get(fields['source']));
    scope.assign(fields['key'], nowhere);
    scope.assign(fields['value'], nowhere);
    while (scope.join(this.#blocks(blocks, new Map(scope.locals))));
  }

  /** With a path, the value is put inside the local's own, the rest of which stays. */
  #with(fields: Fields, blocks: readonly PlanBlock[], scope: Scope): void {
    const local = numberOf(fields['local']);
    const value = this.#operand(fields['value'], scope);
    const path = listOf(fields['path']);
    const inside = new Map(scope.locals);
    if (path.length === 0) {
      inside.set(local, value);
    } else {
      readWhole(value);
      path.reduce<Places>((places, index) => membersOf(places, this.#string(index)), scope.get(local));
    }
    scope.join(this.#blocks(blocks, inside));
  }

  #operand(operand: unknown, scope: Scope): Places {
    const { type, value } = operandOf(operand);
    if (type === 'local') return scope.get(value);
    if (type === 'string_index' || type === 'bool') return nowhere;
    throw new PlanNotUnderstood(`an operand ${type}`);
  }

  #constant(operand: unknown): string | undefined {
    if (operand === undefined) return undefined;
    const { type, value } = operandOf(operand);
    return type === 'string_index' ? this.#string(value) : undefined;
  }

  #string(index: unknown): string {
    const text = this.#trace.plan.strings[numberOf(index)];
    if (text === undefined) throw new PlanNotUnderstood('a string that it does not have');
    return text;
  }
}

function operandOf(operand: unknown): { readonly type: string; readonly value: unknown } {
  if (typeof operand !== 'object' || operand === null) throw new PlanNotUnderstood('an operand');
  const { type, value } = operand as { readonly type?: unknown; readonly value?: unknown };
  return { type: String(type), value };
}

/** An empty list is written as null. */
function listOf(value: unknown): readonly unknown[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw new PlanNotUnderstood('a list');
  return value;
}
