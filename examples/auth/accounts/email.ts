import { z } from 'zod';

/** The longest address that SMTP can carry (RFC 5321, 4.5.3.1.3). */
export const longestEmail = 254;

/**
 * An address as it is kept: in lower case. Only ASCII is admitted, and before it is folded: `\u212a` (Kelvin sign)
 * folds to `k`, so that `\u212aelly@…` would otherwise pass for `kelly@…`.
 */
export const email = z.email('an e-mail address').max(longestEmail).toLowerCase();

/** The address that someone who logs in means, or undefined if no account can have it. */
export function foldEmail(text: string): string | undefined {
  const parsed = email.safeParse(text);
  return parsed.success ? parsed.data : undefined;
}
