import type { Config } from '../config/schema.js';
import type { Engine } from '../engine/engine.js';
import type { Identifier } from '../identity/identify.js';
import type { OutgoingIdentity } from '../identity/outgoing/outgoing-identity.js';
import type { DecisionPaths } from './decision-path.js';
import type { InputOptions } from './input/input.js';
import type { SettledVerdicts } from './settled-verdicts.js';

/**
 * What checks are made with. One immutable value, replaced as a whole when the configuration is
 * read again; a check takes it once and so never sees half of a change.
 */
export interface CheckState {
  readonly engine: Engine;
  readonly paths: DecisionPaths;
  readonly identify: Identifier;
  /** Whether any identity source is configured: only then can a caller be asked to authenticate. */
  readonly identityConfigured: boolean;
  /** Exact paths on which the policy, and not we, judges an invalid credential. */
  readonly publicPaths: ReadonlySet<string>;
  readonly realm: string;
  readonly outgoing?: OutgoingIdentity | undefined;
  readonly input: InputOptions;
  readonly decision: Config['decision'];
  /** Of this very configuration. */
  readonly verdicts: SettledVerdicts;
  /** Milliseconds that a check may take. */
  readonly timeout: number;
}
