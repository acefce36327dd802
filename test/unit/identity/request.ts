import type { IdentityRequest } from '../../../src/identity/source.js';

type Line = readonly [name: string, value: string];

/** A request with these header lines, kept apart as in `header_map`. */
export function apart(...lines: Line[]): IdentityRequest {
  return requestWith({ values: (name) => lines.filter(([known]) => known === name).map(([, value]) => value) });
}

/** The same with repeated names joined by a comma, as in `headers`. */
export function joined(...lines: Line[]): IdentityRequest {
  const request = apart(...lines);
  return requestWith({
    values: (name) => {
      const values = request.values(name);
      return values.length === 0 ? [] : [values.join(name === 'cookie' ? '; ' : ',')];
    },
  });
}

/** A request without headers, metadata and certificate, from 127.0.0.1, save for what is given. */
export function requestWith(parts: Partial<IdentityRequest>): IdentityRequest {
  return {
    values: () => [],
    peer: peer('127.0.0.1'),
    metadata: () => undefined,
    deadline: Number.POSITIVE_INFINITY,
    ...parts,
  };
}

export function peer(address: string | undefined): IdentityRequest['peer'] {
  return { address, principal: undefined, spiffeId: () => undefined };
}

/** Both encodings, for `describe.each`. */
export const encodings = [
  ['headers', joined],
  ['header_map', apart],
] as const;
