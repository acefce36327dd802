import type { DecisionFault } from './decision-fault.js';
import type { HeaderEdit } from './decision-headers.js';

/** URLs are ASCII (RFC 3986); what browsers make of anything else differs. */
const visibleAscii = /^[!-~]+$/;

/** A location without an origin keeps the client's own, whose scheme is not known here. `https:evil` is one for the second alone. */
const ownOrigins = ['http://own.invalid', 'https://own.invalid'];

/**
 * Why the location of a redirect may not be sent, if so: there are several, or it leads to an origin that is not
 * configured. It is read as browsers read it, to whom `//evil`, `/\evil` and `https:/\evil` are other hosts.
 *
 * @param origins besides the request's own; `*` admits all
 */
export function redirectFault(
  status: number | undefined,
  headers: readonly HeaderEdit[],
  origins: readonly string[],
): DecisionFault | undefined {
  if (status === undefined || status < 300 || status > 399 || origins.includes('*')) return undefined;
  const locations = headers.find(({ name }) => name === 'location')?.values ?? [];
  if (locations.length <= 1 && locations.every((location) => leadsTo(location, origins))) return undefined;
  return {
    rule: 'redirect_target',
    message: 'the `location` leads to an origin that `decision.redirect_origins` lacks',
  };
}

function leadsTo(location: string, origins: readonly string[]): boolean {
  if (!visibleAscii.test(location)) return false;
  return ownOrigins.every((own) => {
    if (!URL.canParse(location, own)) return false;
    const { origin } = new URL(location, own);
    return origin === own || origins.includes(origin);
  });
}
