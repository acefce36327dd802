import { anonymous } from './finding.js';
import type { Caller, IdentityOutage } from './identity.js';
import type { Finding, IdentityRequest, IdentitySource } from './source.js';

/** Who is calling, or that this cannot be told now. */
export type Identified = Caller | IdentityOutage;

/** Answers at once when every source that is asked does. */
export type Identifier = (request: IdentityRequest, nowSeconds: number) => Identified | Promise<Identified>;

/**
 * Asks the sources in order; the first that finds a credential decides, whether it is valid or
 * not, so that a bad credential cannot be covered up by a second one. Without any: anonymous.
 */
export function createIdentifier(sources: readonly IdentitySource[]): Identifier {
  return (request, nowSeconds) => ask(sources, 0, anonymous, request, nowSeconds);
}

function ask(
  sources: readonly IdentitySource[],
  index: number,
  soFar: Finding,
  request: IdentityRequest,
  nowSeconds: number,
): Identified | Promise<Identified> {
  const source = sources[index];
  if (source === undefined) return soFar.kind === 'foreign' ? { kind: 'invalid', error: soFar.error } : soFar;
  const settle = (finding: Finding): Identified | Promise<Identified> => {
    if (finding.kind === 'anonymous' || finding.kind === 'foreign') {
      return ask(sources, index + 1, soFar.kind === 'foreign' ? soFar : finding, request, nowSeconds);
    }
    return finding.kind === 'identified' ? withTimeLeft(finding, nowSeconds) : finding;
  };
  const finding = source.identify(request, nowSeconds);
  return finding instanceof Promise ? finding.then(settle) : settle(finding);
}

/** Policies have no clock that agrees with ours, and some none at all. */
function withTimeLeft(caller: Caller & { kind: 'identified' }, nowSeconds: number): Caller {
  const { expires_at: end } = caller.identity;
  if (end === undefined) return caller;
  const expiresIn = Math.max(0, Math.floor(end - nowSeconds));
  return { kind: 'identified', identity: { ...caller.identity, expires_in: expiresIn } };
}
