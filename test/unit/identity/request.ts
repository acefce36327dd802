import type { IdentityRequest } from '../../../src/identity/source.js';

/** A request with these header lines, kept apart as in `header_map`. */
export function apart(...lines: (readonly [name: string, value: string])[]): IdentityRequest {
  return { values: (name) => lines.filter(([known]) => known === name).map(([, value]) => value) };
}

/** The same with repeated names joined by a comma, as in `headers`. */
export function joined(...lines: (readonly [name: string, value: string])[]): IdentityRequest {
  const request = apart(...lines);
  return {
    values: (name) => {
      const values = request.values(name);
      return values.length === 0 ? [] : [values.join(',')];
    },
  };
}

/** Both encodings, for `describe.each`. */
export const encodings = [
  ['headers', joined],
  ['header_map', apart],
] as const;
