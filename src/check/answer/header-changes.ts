import type { HeaderChange } from '../../envoy/answer.js';
import type { DecisionOptions } from '../decision/decision.js';
import type { HeaderEdit } from '../decision/decision-headers.js';
import { fitsHeader, isHeaderValue } from '../decision/mutation-rules.js';

/** Headers that clients and backends expect on lines of their own (RFC 6265 for cookies). */
const repeatable: ReadonlySet<string> = new Set(['set-cookie', 'www-authenticate', 'proxy-authenticate']);

/**
 * Headers towards the backend. Envoy can only overwrite there on every release, so several values, and
 * what is appended to the request's own value, become one.
 *
 * @param kept what may stay of what the client sent under a name
 */
export function backendChanges(
  edits: readonly HeaderEdit[],
  kept: (name: string) => string | undefined,
  options: Pick<DecisionOptions, 'header_values'>,
): readonly HeaderChange[] {
  return edits.flatMap((edit) => {
    const { name, values, append } = edit;
    if (options.header_values === 'separate' && append !== true) return values.map((value) => overwrite(name, value));
    const joined = join(name, values);
    if (append !== true) return overwrite(name, joined);
    return overwrite(name, appended(name, joined, kept(name)));
  });
}

/**
 * Headers added to the backend's response: a single value replaces what is there, several stand beside
 * each other. A cookie is added to those of the backend unless `"append": false` says otherwise.
 */
export function responseChanges(edits: readonly HeaderEdit[]): readonly HeaderChange[] {
  return clientChanges(edits, ({ name, append }) => append ?? repeatable.has(name));
}

/** Headers of a denial, which stands alone: only what comes more than once is added. */
export function denialChanges(edits: readonly HeaderEdit[]): readonly HeaderChange[] {
  return clientChanges(edits, ({ append }) => append === true);
}

function clientChanges(edits: readonly HeaderEdit[], adds: (edit: HeaderEdit) => boolean): readonly HeaderChange[] {
  return edits.flatMap((edit) => {
    const mode = edit.values.length > 1 || adds(edit) ? 'add' : 'overwrite';
    return edit.values.map((value): HeaderChange => ({ name: edit.name, value, mode }));
  });
}

/** What would not be a header any more is left out. */
function appended(name: string, value: string, present: string | undefined): string {
  if (present === undefined || present === '') return value;
  const both = join(name, [present, value]);
  return isHeaderValue(both) && fitsHeader(both) ? both : value;
}

function join(name: string, values: readonly string[]): string {
  return values.join(name === 'cookie' ? '; ' : ',');
}

function overwrite(name: string, value: string): HeaderChange {
  return { name, value, mode: 'overwrite' };
}
