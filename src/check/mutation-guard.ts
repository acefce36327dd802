import { Buffer } from 'node:buffer';
import type { QueryParameter } from '../envoy/answer.js';
import type { DecisionFault, DecisionRule } from './decision-fault.js';
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

type NameRule = readonly [rule: DecisionRule, breaks: (name: string) => boolean];

/** The rules for a name that is set or removed, asked in this order. */
const nameRules: readonly NameRule[] = [
  ['pseudo_header', (name) => name.startsWith(':')],
  ['header_name', (name) => !token.test(name)],
  ['host_header', (name) => name === 'host'],
  ['framing_header', (name) => framing.has(name)],
];

/** Removing Envoy's own headers is harmless, setting them is not. */
const setRules: readonly NameRule[] = [...nameRules, ['envoy_header', (name) => name.startsWith('x-envoy-')]];

/** Headers to set, towards the backend or the client. */
export function guardHeaders(edits: readonly HeaderEdit[]): DecisionFault | undefined {
  let count = 0;
  let size = 0;
  for (const { name, values } of edits) {
    const broken = brokenRule(name, setRules);
    if (broken !== undefined) return fault(broken, name);
    let length = 0;
    for (const value of values) {
      if (!isHeaderValue(value)) return fault('header_value', name);
      length += Buffer.byteLength(value) + name.length;
    }
    if (length > limits.headerBytes) return fault('headers_too_long', name);
    count += values.length;
    size += length;
  }
  if (count > limits.headers) return fault('headers_too_many', `${count} headers`);
  return size > limits.allHeaderBytes ? fault('headers_too_long', `${size} bytes`) : undefined;
}

/** Headers to remove from the request. */
export function guardHeaderNames(names: readonly string[]): DecisionFault | undefined {
  if (names.length > limits.headers) return fault('headers_too_many', `${names.length} headers`);
  for (const name of names) {
    const broken = brokenRule(name, nameRules);
    if (broken !== undefined) return fault(broken, name);
    if (name.length > limits.headerBytes) return fault('headers_too_long', name);
  }
  return undefined;
}

/** Query parameters. What is special in a query is percent-encoded later and so is no fault. */
export function guardQuery(set: readonly QueryParameter[], remove: readonly string[]): DecisionFault | undefined {
  const names = [...set.map(({ name }) => name), ...remove];
  const texts = [...names, ...set.map(({ value }) => value)];
  const size = texts.reduce((sum, text) => sum + text.length, 0);
  if (names.length > limits.query || size > limits.queryBytes) return fault('query_parameter', 'too many or too long');
  if (names.includes('')) return fault('query_parameter', 'a name is empty');
  return texts.some((text) => loneSurrogate.test(text)) ? fault('query_parameter', 'no valid text') : undefined;
}

/** Status and body of a denial. 1xx would be an interim response, after which the client waits for more. */
export function guardDenial(status: number | undefined, body: string, bodyLimit: number): DecisionFault | undefined {
  if (status !== undefined && status < 200) return fault('status', String(status));
  if (body !== '' && (status === 204 || status === 205 || status === 304)) {
    return fault('body_not_allowed', String(status));
  }
  return Buffer.byteLength(body) > bodyLimit || loneSurrogate.test(body) ? fault('body_too_long', 'body') : undefined;
}

/** Whether a text may stand as the value of a header. */
export function isHeaderValue(value: string): boolean {
  return !forbiddenInValue.test(value) && !loneSurrogate.test(value);
}

/** Whether a value with what it is appended to still fits. */
export function fitsHeader(value: string): boolean {
  return Buffer.byteLength(value) <= limits.headerBytes;
}

function brokenRule(name: string, rules: readonly NameRule[]): DecisionRule | undefined {
  return rules.find(([, breaks]) => breaks(name))?.[0];
}

function fault(rule: DecisionRule, what: string): DecisionFault {
  return { rule, message: `${rule}: ${JSON.stringify(what.slice(0, 100))}` };
}
