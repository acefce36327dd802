import { Buffer } from 'node:buffer';
import type { QueryParameter } from '../envoy/answer.js';
import type { MutationRule } from '../telemetry/mutation-rule.js';
import type { DecisionFault, DecisionRule, MutationFault } from './decision-fault.js';
import type { HeaderEdit } from './decision-headers.js';

/** What one answer may carry: half of Envoy's own defaults (100 headers, 60 KiB), so that the request's fit beside it. */
const limits = { headers: 50, headerBytes: 16 * 1024, allHeaderBytes: 30 * 1024, query: 100, queryBytes: 16 * 1024 };

const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const loneSurrogate = /\p{Surrogate}/u;

/** Controls of ASCII save the tab: what RFC 9110 keeps out of field values. */
const forbiddenInValue = /[^\t -~\u0080-\u{10ffff}]/u;

const framing: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

type Rule<Item> = readonly [rule: MutationRule, breaks: (item: Item) => boolean];

/** The rules for a name that is set or removed, asked in this order. */
const nameRules: readonly Rule<string>[] = [
  ['pseudo_header', (name) => name.startsWith(':')],
  ['header_name', (name) => !token.test(name)],
  ['host_header', (name) => name === 'host'],
  ['framing_header', (name) => framing.has(name)],
];

/** The rules for a header that is set. Removing Envoy's own headers is harmless, setting them is not. */
const headerRules: readonly Rule<HeaderEdit>[] = [
  ...nameRules.map(([rule, breaks]): Rule<HeaderEdit> => [rule, ({ name }) => breaks(name)]),
  ['envoy_header', ({ name }) => isEnvoyHeader(name)],
  ['header_collision', ({ collides }) => collides === true],
  ['header_value', ({ values }) => !values.every(isHeaderValue)],
  ['headers_too_long', (header) => sizeOf(header) > limits.headerBytes],
];

/** What is special in a query is percent-encoded later and so breaks no rule. */
const queryRules: readonly Rule<QueryParameter>[] = [
  ['query_parameter', ({ name }) => name === ''],
  ['query_parameter', ({ name, value }) => loneSurrogate.test(name + value)],
];

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

/**
 * Whether a header that is dropped is removed from the request too. Not Envoy's own: the client's are Envoy's affair,
 * and `decoder_header_mutation_rules` would make an error of it.
 */
export function isRemovedWhenDropped(name: string): boolean {
  return brokenRule(name, nameRules) === undefined && !isEnvoyHeader(name);
}

/** Whether a text may stand as the value of a header. */
export function isHeaderValue(value: string): boolean {
  return !forbiddenInValue.test(value) && !loneSurrogate.test(value);
}

/** Whether a value with what it is appended to still fits. */
export function fitsHeader(value: string): boolean {
  return Buffer.byteLength(value) <= limits.headerBytes;
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

function isEnvoyHeader(name: string): boolean {
  return name.startsWith('x-envoy-');
}

function brokenRule<Item>(item: Item, rules: readonly Rule<Item>[]): MutationRule | undefined {
  return rules.find(([, breaks]) => breaks(item))?.[0];
}

function sizeOf({ name, values }: HeaderEdit): number {
  return values.reduce((sum, value) => sum + name.length + Buffer.byteLength(value), 0);
}

function fault<Kind extends DecisionRule>(rule: Kind, what: string): DecisionFault & { readonly rule: Kind } {
  return { rule, message: `${rule}: ${JSON.stringify(what.slice(0, 100))}` };
}
