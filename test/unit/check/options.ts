import type { AnswerContext } from '../../../src/check/answer/answer.js';
import type { DecisionOptions } from '../../../src/check/decision/decision.js';
import { headerView } from '../../../src/check/input/headers.js';
import type { InputOptions } from '../../../src/check/input/input.js';
import { configSchema, opaEnvoyPluginPreset } from '../../../src/config/schema.js';

const defaults = configSchema.parse({});

export const strictInput: InputOptions = defaults.input;
export const pluginInput: InputOptions = { ...defaults.input, ...opaEnvoyPluginPreset.input };

export const strictDecision: DecisionOptions = { ...defaults.decision, header_values: 'join' };
export const pluginDecision: DecisionOptions = {
  ...defaults.decision,
  ...opaEnvoyPluginPreset.decision,
  header_values: 'separate',
  protected_headers: [],
};

export const decisionId = '01234567-89ab-cdef-0123-456789abcdef';

export function answerContext(changes: Partial<AnswerContext> = {}): AnswerContext {
  return {
    headers: headerView(undefined),
    target: '/',
    caller: { kind: 'anonymous' },
    identityConfigured: false,
    realm: 'portcullis',
    options: strictDecision,
    decisionId,
    ...changes,
  };
}
