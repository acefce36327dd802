import type { Caller } from './identity.js';
import type { Finding, IdentityRequest, IdentitySource } from './source.js';

/** Answers at once when every source that is asked does. */
export type Identifier = (request: IdentityRequest, nowSeconds: number) => Caller | Promise<Caller>;

/**
 * Asks the sources in order; the first that finds a credential decides, whether it is valid or
 * not, so that a bad credential cannot be covered up by a second one. Without any: anonymous.
 */
export function createIdentifier(sources: readonly IdentitySource[]): Identifier {
  return (request, nowSeconds) => ask(sources, 0, anonymous, request, nowSeconds);
}

const anonymous: Caller = { kind: 'anonymous' };

function ask(
  sources: readonly IdentitySource[],
  index: number,
  soFar: Finding,
  request: IdentityRequest,
  nowSeconds: number,
): Caller | Promise<Caller> {
  const source = sources[index];
  if (source === undefined) return soFar.kind === 'foreign' ? { kind: 'invalid', error: soFar.error } : soFar;
  const settle = (finding: Finding): Caller | Promise<Caller> => {
    if (finding.kind === 'identified' || finding.kind === 'invalid') return finding;
    return ask(sources, index + 1, soFar.kind === 'foreign' ? soFar : finding, request, nowSeconds);
  };
  const finding = source.identify(request, nowSeconds);
  return finding instanceof Promise ? finding.then(settle) : settle(finding);
}
