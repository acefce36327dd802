import type { HttpRequest } from '../support/http.js';

/** The people of the reference documents; `admin` has the role ADMIN_ROLE. */
export type Person = 'alice' | 'james' | 'kelly' | 'john' | 'admin';

/** Headers of a request that this person makes; without one, of an anonymous request. */
export function as(person?: Person): NonNullable<HttpRequest['headers']> {
  return person === undefined ? {} : { authorization: `Bearer ${person}-demo-token` };
}
