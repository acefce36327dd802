import type { AllowAnswer, HeaderChange } from '../../envoy/answer.js';
import type { Caller } from '../../identity/identity.js';
import type { OutgoingIdentity } from '../../identity/outgoing/outgoing-identity.js';
import type { JsonObject } from '../../json/json.js';
import type { AllowDecision, DecisionOptions } from '../decision/decision.js';
import type { HeaderView } from '../input/headers.js';
import { forwardedIdentity, keptFromClient } from './forwarded-identity.js';
import { backendChanges, responseChanges } from './header-changes.js';
import { protectedSpellings } from './protected-headers.js';
import { queryChange } from './query-change.js';

interface AllowContext {
  readonly headers: HeaderView;
  readonly target: string;
  readonly caller: Caller;
  readonly outgoing?: OutgoingIdentity | undefined;
  readonly options: DecisionOptions;
}

/** The answer that lets a request through with the changes of the decision. */
export function allowAnswer(
  decision: Omit<AllowDecision, 'kind' | 'metadata' | 'dropped'>,
  metadata: JsonObject,
  { headers, target, caller, outgoing, options }: AllowContext,
): AllowAnswer {
  const kept = (name: string) => keptFromClient(name, headers, outgoing, options.protected_headers);
  const changes = backendChanges(decision.headers, kept, options);
  const forwarded = forwardedIdentity(outgoing, caller, headers);
  // The policy has the last word on a header that it names.
  const named = new Set([...changes.map(({ name }) => name), ...decision.headersToRemove]);
  const told = forwarded.set.filter(({ name }) => !named.has(name));
  const unwanted = [...protectedSpellings(options.protected_headers, headers), ...forwarded.remove];
  const query = queryChange(decision, target);
  const answer: AllowAnswer = {
    kind: 'allow',
    headers: [...changes, ...told],
    headersToRemove: toRemove([...changes, ...told], decision.headersToRemove, unwanted),
    responseHeaders: responseChanges(decision.responseHeaders),
    queryToSet: query.set,
    queryToRemove: query.remove,
    metadata,
  };
  // Without `ok_response` nothing can be removed: protecting the headers comes before looking the same.
  const bare =
    decision.plain && options.plain_boolean && answer.headers.length === 0 && answer.headersToRemove.length === 0;
  return bare ? { ...answer, bare } : answer;
}

/** Removal comes last in Envoy and wins, so a header that is set is not named. */
function toRemove(
  changes: readonly HeaderChange[],
  askedFor: readonly string[],
  unwanted: readonly string[],
): readonly string[] {
  const set = new Set(changes.map(({ name }) => name));
  const asked = new Set(askedFor);
  const names = [...askedFor, ...unwanted.filter((name) => !asked.has(name))];
  return names.filter((name) => !set.has(name));
}
