import { z } from 'zod';
import { email, longestEmail } from '../accounts/email.js';
import { longestPassword } from '../accounts/passwords.js';
import { type RefusalCode, refusals } from './refusal.js';

/** Bodies, parameters and answers. The API description is made from them, and they are what is enforced. */

export function newPassword(minLength: number) {
  return z.string().min(minLength).max(longestPassword).describe(`At least ${minLength} characters; any are allowed.`);
}

export const registration = (minLength: number) =>
  z.strictObject({ email: email.describe('Kept in lower case.'), password: newPassword(minLength) });

/** Of OAuth 2.0's password grant (RFC 6749, 4.3.2). Its further fields are accepted and not used. */
export const loginForm = z.object({
  grant_type: z.literal('password').optional(),
  username: z.string().min(1).max(longestEmail).describe('The e-mail address.'),
  password: z.string().min(1).max(longestPassword),
});

export const passwordChange = (minLength: number) =>
  z.strictObject({
    current_password: z.string().min(1).max(longestPassword),
    new_password: newPassword(minLength),
  });

const role = z.string().regex(/^[A-Za-z0-9_.:-]{1,64}$/, 'letters, digits and _ . : -');

export const roleList = z.strictObject({
  roles: z
    .array(role)
    .max(64)
    .refine((roles) => new Set(roles).size === roles.length, 'roles that differ'),
});

export const activeSetting = z.strictObject({ active: z.boolean() });

/** The largest id that the column holds. */
const id = z.coerce.number().int().min(1).max(2_147_483_647);
export const accountPath = z.object({ id });
export const sessionPath = z.object({ session: z.uuid() });
export const page = z.object({
  after: z.coerce.number().int().min(0).max(2_147_483_647).default(0).describe('The last id of the page before.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const account = z.object({
  id: z.int(),
  email: z.string(),
  active: z.boolean(),
  roles: z.array(z.string()).readonly(),
});

export const accountList = z.object({ accounts: z.array(account).readonly() });

export const token = z.object({
  access_token: z.string().describe('64 hexadecimal digits, given once.'),
  token_type: z.literal('bearer'),
  expires_in: z.int().describe('Seconds.'),
});

export const renewal = z.object({ expires_in: z.int().describe('Seconds.') });

export const sessionList = z.object({
  sessions: z
    .array(
      z.object({
        id: z.uuid(),
        created_at: z.iso.datetime(),
        expires_at: z.iso.datetime(),
        address: z.string(),
        user_agent: z.string(),
        current: z.boolean().describe('The one that asks.'),
      }),
    )
    .readonly(),
});

export const revokedCount = z.object({ revoked: z.int().describe('How many sessions were ended.') });

export const nothing = z.null().describe('Done; no body.');

/** The answers with which a route may refuse, for its description. */
export function refused(...codes: readonly RefusalCode[]) {
  const answers: Record<number, z.ZodType> = {};
  for (const status of new Set(codes.map((code) => refusals[code][0]))) {
    const here = codes.filter((code) => refusals[code][0] === status);
    answers[status] = z
      .object({
        detail: z.string(),
        code: z.enum(here as [RefusalCode, ...RefusalCode[]]),
        problems: z.array(z.object({ where: z.string(), what: z.string() })).optional(),
      })
      .describe(here.map((code) => `\`${code}\`: ${refusals[code][1]}`).join(' '));
  }
  return answers;
}

/** Every route that asks a store may find it away. */
export const storesAway = ['account_store_unavailable', 'session_store_unavailable'] as const;
export const needsToken = ['not_authenticated', 'credentials_invalid'] as const;
