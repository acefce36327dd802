import { fail, ok, type Result } from '../../errors/result.js';

/** `watch` would hold a connection for as long as the client likes; the others change what is asked or how it looks. */
const known = new Set([
  'labelSelector',
  'fieldSelector',
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
]);

/** Reads the query of a request and writes it anew: `''`, or `?` and what follows. */
export function parseListQuery(query: string): Result<string> {
  if (query === '') return ok('');
  const read = new URLSearchParams(query);
  const names = [...read.keys()].filter((name) => name !== '');
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) return fail(`the query parameter ${JSON.stringify(unknown)} is not served`);
  if (new Set(names).size !== names.length) return fail('a query parameter is there twice');
  read.delete('');
  const written = read.toString();
  return ok(written === '' ? '' : `?${written}`);
}
