/** Every reason for which a request is refused. Codes are stable; programs tell refusals apart by them. */
export const refusals = {
  request_invalid: [400, 'The request is not what the description at /docs says.'],
  not_authenticated: [401, 'Not authenticated'],
  credentials_invalid: [401, 'Could not validate credentials'],
  login_invalid: [401, 'Incorrect username or password'],
  password_wrong: [403, 'The current password is not this one.'],
  not_permitted: [403, 'Not permitted'],
  registration_closed: [403, 'Accounts are made by an administrator.'],
  not_found: [404, 'Not found'],
  email_taken: [409, 'There is an account with this e-mail address.'],
  renewal_off: [409, 'Tokens are not renewed here; log in again.'],
  too_large: [413, 'The body is too large.'],
  media_type: [415, 'The media type is not one that is understood here.'],
  too_many_attempts: [429, 'Too many attempts; try again later.'],
  internal: [500, 'Something went wrong here.'],
  account_store_unavailable: [503, 'Accounts cannot be read or written now; try again later.'],
  session_store_unavailable: [503, 'Sessions cannot be read or written now; try again later.'],
  overloaded: [503, 'Too many passwords are being checked; try again.'],
} as const satisfies Record<string, readonly [status: number, detail: string]>;

export type RefusalCode = keyof typeof refusals;

/** Thrown by a handler; the answer is its status, and a body of `detail` and `code`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: RefusalCode, headers: Readonly<Record<string, string>> = {}) {
    super(refusals[code][1]);
    this.code = code;
    this.headers = headers;
  }

  get status(): number {
    return refusals[this.code][0];
  }
}
