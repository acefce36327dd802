import type { Registry } from '@bufbuild/protobuf';

/** How messages are read, and how much of them. */
export interface MessageRules {
  /** Where extensions and the types inside `google.protobuf.Any` are looked up. */
  readonly types: Registry;
  /** Messages inside messages. */
  readonly maxDepth: number;
  /** Fields, list elements and map entries in all. */
  readonly maxValues: number;
  /**
   * A known field with another wire type than its own. The format says to treat it as unknown, but
   * there are decoders that read it all the same, and then see another message than the policy.
   */
  readonly otherWireType: 'refuse' | 'unknown';
}

/** Why a message is not shown. The text is fixed or names types: nothing else of what the client sent is in it. */
export class MessageFault extends Error {
  override readonly name = 'MessageFault';
  readonly reason: 'body_invalid' | 'body_too_complex';

  constructor(reason: MessageFault['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Counts what one body makes us build, over all messages packed inside it. */
export class MessageBudget {
  readonly rules: MessageRules;
  #values = 0;

  constructor(rules: MessageRules) {
    this.rules = rules;
  }

  /** Before each value. */
  spend(): void {
    this.#values += 1;
    if (this.#values > this.rules.maxValues)
      throw new MessageFault('body_too_complex', 'the message has too many values');
  }

  /** Before each message inside another. */
  descend(depth: number): void {
    if (depth > this.rules.maxDepth) throw new MessageFault('body_too_complex', 'the message is nested too deep');
  }
}
