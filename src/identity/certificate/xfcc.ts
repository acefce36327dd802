import { fail, ok, type Result } from '../../errors/result.js';

/** One element of `x-forwarded-client-cert`: values by key in lower case, in order. */
export type XfccElement = ReadonlyMap<string, readonly string[]>;

const pair = /([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;]*))(;|,|$)/y;

/**
 * Reads `x-forwarded-client-cert` as Envoy writes it: elements apart by commas, pairs by semicolons, a value with one
 * of these in quotes. The name in a certificate is its owner's choice, so a value in quotes must not be cut.
 */
export function readXfcc(text: string): Result<readonly XfccElement[]> {
  const elements: Map<string, string[]>[] = [new Map()];
  pair.lastIndex = 0;
  while (true) {
    const match = pair.exec(text);
    if (match === null) return fail('not of the form of x-forwarded-client-cert');
    const [, key = '', quoted, bare = '', separator] = match;
    const value = quoted === undefined ? bare : quoted.replace(/\\(.)/g, '$1');
    const element = elements.at(-1) ?? new Map<string, string[]>();
    element.set(key.toLowerCase(), [...(element.get(key.toLowerCase()) ?? []), value]);
    if (separator === '') return ok(elements);
    if (separator === ',') elements.push(new Map());
  }
}
