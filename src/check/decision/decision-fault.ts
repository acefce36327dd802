import { fail } from '../../errors/result.js';
import { JsonNumber, type JsonObject, type JsonValue } from '../../json/json.js';
import type { MutationRule } from '../../telemetry/mutation-rule.js';

/**
 * What a decision must not contain, and why. The rules of `MutationRule` are about a single header or parameter,
 * which `decision.mutations: drop` leaves out; a decision that breaks another one is refused as a whole.
 */
export const decisionRules = {
  shape: 'A key has a type that it cannot have.',
  header_name: 'A header name is empty or no token of RFC 9110: Envoy would refuse it, or a proxy read another one.',
  header_collision: 'Two header names differ only in case: which one counts depends on who reads.',
  pseudo_header: 'A name begins with a colon: `:path` or `:method` would send the request elsewhere than was decided.',
  host_header: 'The header `host` would route the request elsewhere than was decided.',
  framing_header: 'A hop-by-hop or framing header, by which one request could be smuggled in another.',
  envoy_header: 'A header `x-envoy-…` steers Envoy itself: retries, timeouts, health of a host.',
  header_value: 'A header value has a control character (CR and LF begin another header) or is no valid text.',
  headers_too_long: 'A header, or all together, are longer than Envoy takes; it would answer an error instead.',
  headers_too_many: 'There are more headers than Envoy takes; it would answer an error instead.',
  query_parameter: 'A query parameter has no name, is no valid text, is too long, or there are too many.',
  removals:
    'There are more names to remove than fit, or longer ones: to leave one out would let pass what the policy takes away.',
  status: 'The status is not one that a denial may have.',
  redirect_without_location: 'A redirect says nowhere to go.',
  redirect_target:
    'A redirect leads to an origin that is not configured: a policy that copies it from the request would send users to an attacker.',
  body_not_allowed: 'A body on a status that has none (204, 205, 304) breaks the framing of the connection.',
  body_too_long: 'The body is longer than the configuration admits, or is no valid text.',
  metadata:
    'Dynamic metadata is too deep or too large, or a number does not fit: Envoy could not read the answer at all.',
} as const satisfies Readonly<Record<MutationRule, string> & Record<string, string>>;

export type DecisionRule = keyof typeof decisionRules;

/** Why the result of a policy is no decision. */
export interface DecisionFault {
  readonly rule: DecisionRule;
  /** For the operator; never sent. */
  readonly message: string;
}

/** Why one header or query parameter does not belong in a decision. */
export interface MutationFault extends DecisionFault {
  readonly rule: MutationRule;
}

export function faulty(rule: DecisionRule, message: string): { readonly ok: false; readonly error: DecisionFault } {
  return fail({ rule, message });
}

/** A JSON object, as opposed to the other things that are objects in JavaScript. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof JsonNumber) &&
    !(value instanceof Uint8Array)
  );
}

/** A list of strings, also an empty one. */
export function isStringList(value: JsonValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** A number that is written as a plain integer: `401.0` and `4.01e2` are not. */
export function readInteger(value: JsonValue | undefined): number | undefined {
  if (value instanceof JsonNumber) return /^-?[0-9]+$/.test(value.text) ? Number(value.text) : undefined;
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}
