import type { Dialect } from '../../check/check.js';
import { fail } from '../../errors/result.js';
import { type GatewayAbilities, type HttpAnswer, writeHttpAnswer } from './http-answer.js';
import type { SubRequest } from './sub-request.js';
import { readSubRequest } from './sub-request-attributes.js';

export interface HttpDialectOptions extends GatewayAbilities {
  readonly oddHeaderNames: 'refuse' | 'pass';
  /** Told when the gateway, and not the client, seems to be at fault. */
  readonly unreadable: (reason: string) => void;
}

/** How a gateway that speaks HTTP asks for a check. */
export function createHttpDialect(options: HttpDialectOptions): Dialect<SubRequest, HttpAnswer> {
  return {
    read: (sub) => {
      if (options.oddHeaderNames === 'refuse' && sub.headers.some(([name]) => /[^a-z0-9-]/.test(name))) {
        return fail('the name of a header has something besides letters, digits and hyphens');
      }
      const attributes = readSubRequest(sub, options.preset);
      if (!attributes.ok) options.unreadable(attributes.error);
      return attributes;
    },
    write: (answer, sub) => writeHttpAnswer(answer, sub, options),
  };
}
