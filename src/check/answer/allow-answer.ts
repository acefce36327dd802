import type { AllowAnswer } from '../../envoy/answer.js';
import type { JsonObject } from '../../json/json.js';
import type { AllowDecision, DecisionOptions } from '../decision/decision.js';
import type { HeaderView } from '../input/headers.js';
import { backendChanges, responseChanges } from './header-changes.js';
import { protectedHeaders } from './protected-headers.js';
import { queryChange } from './query-change.js';

interface AllowContext {
  readonly headers: HeaderView;
  readonly target: string;
  readonly options: DecisionOptions;
}

/** The answer that lets a request through with the changes of the decision. */
export function allowAnswer(
  decision: Omit<AllowDecision, 'kind' | 'metadata' | 'dropped'>,
  metadata: JsonObject,
  { headers, target, options }: AllowContext,
): AllowAnswer {
  const changes = backendChanges(decision.headers, headers, options);
  const query = queryChange(decision, target);
  const answer: AllowAnswer = {
    kind: 'allow',
    headers: changes,
    headersToRemove: toRemove(decision, toProtect(headers, options)),
    responseHeaders: responseChanges(decision.responseHeaders),
    queryToSet: query.set,
    queryToRemove: query.remove,
    metadata,
  };
  // Without `ok_response` nothing can be removed: protecting the headers comes before looking the same.
  const bare = decision.plain && options.plain_boolean && answer.headersToRemove.length === 0;
  return bare ? { ...answer, bare } : answer;
}

/** Removal comes last in Envoy and wins, so a header that is set is not named. */
function toRemove(
  decision: Pick<AllowDecision, 'headers' | 'headersToRemove'>,
  protectedNames: readonly string[],
): readonly string[] {
  const set = new Set(decision.headers.map(({ name }) => name));
  const asked = new Set(decision.headersToRemove);
  const names = [...decision.headersToRemove, ...protectedNames.filter((name) => !asked.has(name))];
  return names.filter((name) => !set.has(name));
}

function toProtect(headers: HeaderView, { protected_headers }: DecisionOptions): readonly string[] {
  const names = protectedHeaders(protected_headers);
  return [...names.usual, ...names.oddOf(headers)];
}
