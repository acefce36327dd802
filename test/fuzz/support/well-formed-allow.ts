import type { Config } from '../../../src/config/schema.js';

type Rules = Pick<Config['decision'], 'allow_alias' | 'mutations'>;

/**
 * What a result must be to allow, written down once more from the documentation and without any code of the
 * adapter: whoever changes the reading of decisions has to change both.
 */
export function isWellFormedAllow(result: unknown, { allow_alias: alias, mutations }: Rules): boolean {
  if (result === true) return true;
  if (!isPlainObject(result)) return false;
  const saysSo = (alias ? ['allowed', 'allow'] : ['allowed']).map((name) => result[name]).filter(isPresent);
  if (saysSo.length === 0 || saysSo.some((said) => said !== true)) return false;
  // What may not pass is left out there; the response itself is looked at elsewhere.
  if (mutations === 'drop') return isMetadata(result['dynamic_metadata']);
  return (
    areHeaders(result['headers']) &&
    areHeaders(result['response_headers_to_add']) &&
    areNames(result['request_headers_to_remove'], isRemovableName) &&
    areNames(result['query_parameters_to_remove'], (name) => name !== '' && isText(name)) &&
    isQuery(result['query_parameters_to_set']) &&
    isMetadata(result['dynamic_metadata'])
  );
}

/** Without half of a surrogate pair. */
function isText(text: string): boolean {
  return Buffer.from(text, 'utf8').toString('utf8') === text;
}

function isPresent(value: unknown): boolean {
  return value !== undefined;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

const forbiddenNames = [
  ...['host', 'connection', 'content-length', 'http2-settings', 'keep-alive', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
];

function isRemovableName(name: string): boolean {
  const lower = name.toLowerCase();
  return /^[\w!#$%&'*+.^`|~-]+$/.test(lower) && !forbiddenNames.includes(lower);
}

function areHeaders(given: unknown): boolean {
  if (given === undefined) return true;
  const objects: unknown[] = Array.isArray(given) ? given : [given];
  if (!objects.every(isPlainObject)) return false;
  const entries = objects.flatMap((object) => Object.entries(object as object));
  const spellings = new Map<string, string>();
  let count = 0;
  for (const [name, value] of entries) {
    const texts = textsOf(value);
    if (texts === undefined || !isHeaderName(name, texts) || !texts.every(isHeaderText)) return false;
    if ((spellings.get(name.toLowerCase()) ?? name) !== name) return false;
    spellings.set(name.toLowerCase(), name);
    count += texts.length;
  }
  return count <= 50;
}

/** A header without values is none, so that its name does no harm. */
function isHeaderName(name: string, texts: readonly string[]): boolean {
  return texts.length === 0 || (isRemovableName(name) && !name.toLowerCase().startsWith('x-envoy-'));
}

function isHeaderText(text: string): boolean {
  const controls = [...text].some((character) => character !== '\t' && (character < ' ' || character === '\x7f'));
  return !controls && isText(text) && Buffer.byteLength(text) <= 16_384;
}

function textsOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string') ? value : undefined;
  if (!isPlainObject(value)) return undefined;
  const { append, value: inner, ...others } = value;
  const wrongAppend = append !== undefined && typeof append !== 'boolean';
  return wrongAppend || Object.keys(others).length > 0 || isPlainObject(inner) ? undefined : textsOf(inner);
}

function areNames(given: unknown, isName: (name: string) => boolean): boolean {
  if (given === undefined) return true;
  return Array.isArray(given) && given.every((name) => typeof name === 'string' && isName(name));
}

function isQuery(given: unknown): boolean {
  if (given === undefined) return true;
  if (!isPlainObject(given)) return false;
  return Object.entries(given).every(([name, value]) => {
    const texts = Array.isArray(value) ? value : [value];
    const valid = texts.every((text) => typeof text === 'string' && isText(text));
    return valid && (texts.length === 0 || (name !== '' && isText(name)));
  });
}

/** Levels are counted in a loop: the result may be deeper than the stack. */
function isMetadata(given: unknown): boolean {
  if (given === undefined) return true;
  if (!isPlainObject(given)) return false;
  let level: unknown[] = [given];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > 24) return false;
    const finite = level.every((value) => typeof value !== 'number' || Number.isFinite(value));
    if (!finite) return false;
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return true;
}
