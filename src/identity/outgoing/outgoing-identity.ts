import type { Config } from '../../config/schema.js';
import type { Caller, Identity } from '../identity.js';
import type { CredentialPlaces, IdentitySource } from '../source.js';
import { signInternalToken } from './internal-token.js';
import type { SigningKey } from './signing-key.js';

/** What a backend is told of the caller, and what is kept from it. */
export interface OutgoingIdentity {
  /** Every header that {@link headers} may set: none of them may come from the client (`protected_headers`). */
  readonly names: readonly string[];
  /** What the sources look at, if it is kept from the backend. */
  readonly credentials: CredentialPlaces;
  /** Values by header name. Empty for a caller who is not known. */
  headers(caller: Caller, nowSeconds: number): readonly { readonly name: string; readonly value: string }[];
}

type Forward = Config['identity']['forward'];

/**
 * Undefined when the backend is told nothing and nothing is kept from it.
 *
 * @param keys of the internal token, the one that signs first; empty without a token
 */
export function createOutgoingIdentity(
  { headers: names, token, remove_credentials }: Forward,
  sources: readonly IdentitySource[],
  keys: readonly SigningKey[],
): OutgoingIdentity | undefined {
  const [signer] = keys;
  const plain = Object.entries(names).flatMap(([member, name]) =>
    name === undefined ? [] : [{ name, read: values[member as keyof typeof values] }],
  );
  if (plain.length === 0 && token === undefined && !remove_credentials) return undefined;
  return {
    names: [...plain.map(({ name }) => name), ...(token === undefined ? [] : [token.header])],
    credentials: remove_credentials ? placesOf(sources) : { headers: [], cookies: [] },
    headers(caller, nowSeconds) {
      if (caller.kind !== 'identified') return [];
      const { identity } = caller;
      const told = plain.flatMap(({ name, read }) => {
        const value = read(identity);
        return value === undefined || value === '' ? [] : [{ name, value }];
      });
      if (token === undefined || signer === undefined) return told;
      return [...told, { name: token.header, value: signInternalToken(identity, token, signer, nowSeconds) }];
    },
  };
}

const values = {
  subject: ({ subject }: Identity) => subject,
  email: ({ email }: Identity) => email,
  roles: ({ roles }: Identity) => roles.join(','),
  groups: ({ groups }: Identity) => groups?.join(','),
  session: ({ session }: Identity) => session,
};

function placesOf(sources: readonly IdentitySource[]): CredentialPlaces {
  return {
    headers: [...new Set(sources.flatMap(({ credentials }) => credentials.headers))],
    cookies: [...new Set(sources.flatMap(({ credentials }) => credentials.cookies))],
  };
}
