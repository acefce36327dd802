import { fail, ok, type Result } from '../../errors/result.js';

/** What the target of a sub-request says. */
export interface CheckTarget {
  /** The decision path that the gateway's configuration asks for; undefined for the default one. */
  readonly decisionPath: string | undefined;
  /** What stands behind the prefix; only Envoy puts the client's own target there. */
  readonly rest: string;
}

const prefix = '/check';

/** Ends the prefix where the client's target follows. The first one counts: it stands in front of what the client wrote. */
const separator = '/-/';

/**
 * Reads `/check`, `/check/<decision path>`, and with `carriesTarget` the same followed by `/-` and the client's target.
 * Nothing else is a check: a gateway that passes on the client's own target by mistake is refused.
 */
export function readCheckTarget(target: string, carriesTarget: boolean): Result<CheckTarget> {
  // Caddy leaves the client's query behind the path that it was told to ask; it comes in the carrier as well.
  const end = carriesTarget ? target.indexOf(separator) : `${target}?`.indexOf('?');
  const head = target.slice(0, end);
  if (end < 0 || !(head === prefix || head.startsWith(`${prefix}/`))) return fail(expected(carriesTarget));
  const decisionPath = head.slice(prefix.length + 1);
  if (!/^[A-Za-z0-9_./-]*$/.test(decisionPath)) return fail(expected(carriesTarget));
  // The slash that ends the separator begins the client's target.
  const rest = carriesTarget ? target.slice(end + separator.length - 1) : '';
  return ok({ decisionPath: decisionPath === '' ? undefined : decisionPath, rest });
}

function expected(carriesTarget: boolean): string {
  return carriesTarget
    ? 'the target of the sub-request does not begin with /check/-/ or /check/<decision path>/-/'
    : 'the target of the sub-request is neither /check nor /check/<decision path>';
}
