import { beforeAll, expect, test } from 'vitest';
import { type BuiltinContext, createBuiltins } from '../../../../src/engine/wasm/builtins/builtins.js';
import { type Call, canonical, describeCall, opaAnswers } from './opa-answers.js';

export const context: BuiltinContext = {
  nowNs: () => 1_700_000_000_123_456_789n,
  random: () => new Uint8Array(16),
  env: {},
};

export function hostAnswer([name, ...operands]: Call): string | undefined {
  try {
    return canonical(createBuiltins(context)[name]?.(...operands));
  } catch {
    return undefined;
  }
}

/** One test for each built-in among the calls; OPA is asked all of them at once. */
export function expectSameAnswers(calls: readonly Call[]): void {
  let expected: readonly (string | undefined)[] = [];
  beforeAll(async () => {
    expected = await opaAnswers(calls);
  });
  for (const name of new Set(calls.map(([builtin]) => builtin))) {
    const chosen = calls.flatMap((call, index) => (call[0] === name ? [{ call, index }] : []));
    test(`${name} gives the answer of OPA to each of ${chosen.length} calls`, () => {
      const answers = (answer: (call: Call, index: number) => string | undefined) =>
        chosen.map(({ call, index }) => `${describeCall(call)} = ${answer(call, index) ?? 'undefined'}`);
      expect(answers(hostAnswer)).toEqual(answers((_call, index) => expected[index]));
    });
  }
}
