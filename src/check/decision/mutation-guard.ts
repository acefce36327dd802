import { Buffer } from 'node:buffer';
import type { QueryParameter } from '../../envoy/answer.js';
import type { MutationRule } from '../../telemetry/mutation-rule.js';
import type { DecisionFault, DecisionRule, MutationFault } from './decision-fault.js';
import type { HeaderEdit } from './decision-headers.js';
import { brokenRule, headerRules, limits, loneSurrogate, nameRules, queryRules, sizeOf } from './mutation-rules.js';

/** What may stay of a decision, and what may not. */
export interface Guarded<Item> {
  readonly kept: readonly Item[];
  readonly broken: readonly Item[];
  /** One for each that is broken. */
  readonly faults: readonly MutationFault[];
}

/** Headers to set, towards the backend or the client. */
export function guardHeaders(headers: readonly HeaderEdit[]): Guarded<HeaderEdit> {
  let count = 0;
  let size = 0;
  const overflows = (header: HeaderEdit): MutationRule | undefined => {
    if (count + header.values.length > limits.headers) return 'headers_too_many';
    if (size + sizeOf(header) > limits.allHeaderBytes) return 'headers_too_long';
    count += header.values.length;
    size += sizeOf(header);
    return undefined;
  };
  return guard(
    headers,
    (header) => brokenRule(header, headerRules) ?? overflows(header),
    ({ name }) => name,
  );
}

/** Names of headers to remove from the request. */
export function guardHeaderNames(names: readonly string[]): Guarded<string> {
  return guard(
    names,
    (name) => brokenRule(name, nameRules),
    (name) => name,
  );
}

/** Query parameters to set. */
export function guardQuery(parameters: readonly QueryParameter[]): Guarded<QueryParameter> {
  let count = 0;
  let size = 0;
  const overflows = ({ name, value }: QueryParameter): MutationRule | undefined => {
    const length = name.length + value.length;
    if (count + 1 > limits.query || size + length > limits.queryBytes) return 'query_parameter';
    count += 1;
    size += length;
    return undefined;
  };
  return guard(
    parameters,
    (parameter) => brokenRule(parameter, queryRules) ?? overflows(parameter),
    ({ name }) => name,
  );
}

/** Names of query parameters to remove. */
export function guardQueryNames(names: readonly string[]): Guarded<string> {
  return guard(
    names,
    (name) => brokenRule({ name, value: '' }, queryRules),
    (name) => name,
  );
}

/** How much is removed. None of it can be left out: the request would keep what the policy takes away. */
export function guardRemovals(headers: readonly string[], query: readonly string[]): DecisionFault | undefined {
  const length = (names: readonly string[]) => names.reduce((sum, name) => sum + name.length, 0);
  if (headers.length > limits.headers || length(headers) > limits.headerBytes) return fault('removals', 'headers');
  if (query.length > limits.query || length(query) > limits.queryBytes) return fault('removals', 'query parameters');
  return undefined;
}

/** Status and body of a denial. 1xx would be an interim response, after which the client waits for more. */
export function guardDenial(status: number | undefined, body: string, bodyLimit: number): DecisionFault | undefined {
  if (status !== undefined && status < 200) return fault('status', String(status));
  if (body !== '' && (status === 204 || status === 205 || status === 304)) {
    return fault('body_not_allowed', String(status));
  }
  return Buffer.byteLength(body) > bodyLimit || loneSurrogate.test(body) ? fault('body_too_long', 'body') : undefined;
}

function guard<Item>(
  items: readonly Item[],
  brokenBy: (item: Item) => MutationRule | undefined,
  nameOf: (item: Item) => string,
): Guarded<Item> {
  const kept: Item[] = [];
  const broken: Item[] = [];
  const faults: MutationFault[] = [];
  for (const item of items) {
    const rule = brokenBy(item);
    if (rule === undefined) {
      kept.push(item);
      continue;
    }
    broken.push(item);
    faults.push(fault(rule, nameOf(item)));
  }
  return { kept, broken, faults };
}

function fault<Kind extends DecisionRule>(rule: Kind, what: string): DecisionFault & { readonly rule: Kind } {
  return { rule, message: `${rule}: ${JSON.stringify(what.slice(0, 100))}` };
}
