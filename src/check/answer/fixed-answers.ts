import type { Config } from '../../config/schema.js';
import type { DenyAnswer } from '../../envoy/answer.js';
import type { RequestRefusal } from '../input/request-refusal.js';
import { challenge } from './challenge.js';

/**
 * 400 for a request that is malformed or ambiguous. The parser's words stay in the log, unless
 * opa-envoy-plugin's way is asked for: they are the body there, and there is no metadata.
 */
export function refusedAnswer(
  refusal: RequestRefusal,
  texts: Config['input']['refusal_text'],
  decisionId: string,
): DenyAnswer {
  if (texts === 'generic') return denial(400, 'the request is malformed or ambiguous', decisionId);
  const text = `request_parse_error: ${refusal.message}`;
  return { kind: 'deny', status: 400, headers: [], body: text, metadata: {}, statusMessage: text };
}

/** 401 for a credential that is not valid. */
export function invalidCredentialAnswer(realm: Config['identity']['realm'], decisionId: string): DenyAnswer {
  return { ...denial(401, '', decisionId), headers: [challenge(realm, true)] };
}

/** 403 where the policy has no decision. */
export function undefinedAnswer(decisionId: string): DenyAnswer {
  return denial(403, '', decisionId);
}

/** 500 where the policy failed or returned something that is no decision. */
export function faultAnswer(decisionId: string): DenyAnswer {
  return denial(500, '', decisionId);
}

function denial(status: number, body: string, decisionId: string): DenyAnswer {
  return { kind: 'deny', status, headers: [], body, metadata: { decision_id: decisionId } };
}
