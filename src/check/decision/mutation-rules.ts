import { Buffer } from 'node:buffer';
import type { QueryParameter } from '../../envoy/answer.js';
import type { MutationRule } from '../../telemetry/mutation-rule.js';
import type { HeaderEdit } from './decision-headers.js';

/** What one answer may carry: half of Envoy's own defaults (100 headers, 60 KiB), so that the request's fit beside it. */
export const limits = {
  headers: 50,
  headerBytes: 16 * 1024,
  allHeaderBytes: 30 * 1024,
  query: 100,
  queryBytes: 16 * 1024,
};

const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
export const loneSurrogate = /\p{Surrogate}/u;

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

export type Rule<Item> = readonly [rule: MutationRule, breaks: (item: Item) => boolean];

/** The rules for a name that is set or removed, asked in this order. */
export const nameRules: readonly Rule<string>[] = [
  ['pseudo_header', (name) => name.startsWith(':')],
  ['header_name', (name) => !token.test(name)],
  ['host_header', (name) => name === 'host'],
  ['framing_header', (name) => framing.has(name)],
];

/** The rules for a header that is set. Removing Envoy's own headers is harmless, setting them is not. */
export const headerRules: readonly Rule<HeaderEdit>[] = [
  ...nameRules.map(([rule, breaks]): Rule<HeaderEdit> => [rule, ({ name }) => breaks(name)]),
  ['envoy_header', ({ name }) => isEnvoyHeader(name)],
  ['header_collision', ({ collides }) => collides === true],
  ['header_value', ({ values }) => !values.every(isHeaderValue)],
  ['headers_too_long', (header) => sizeOf(header) > limits.headerBytes],
];

/** What is special in a query is percent-encoded later and so breaks no rule. */
export const queryRules: readonly Rule<QueryParameter>[] = [
  ['query_parameter', ({ name }) => name === ''],
  ['query_parameter', ({ name, value }) => loneSurrogate.test(name) || loneSurrogate.test(value)],
];

/** The first rule that the item breaks. */
export function brokenRule<Item>(item: Item, rules: readonly Rule<Item>[]): MutationRule | undefined {
  return rules.find(([, breaks]) => breaks(item))?.[0];
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

/** Bytes of a header with all its values, each on a line of its own. */
export function sizeOf({ name, values }: HeaderEdit): number {
  return values.reduce((sum, value) => sum + name.length + Buffer.byteLength(value), 0);
}

function isEnvoyHeader(name: string): boolean {
  return name.startsWith('x-envoy-');
}
