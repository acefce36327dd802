/** Why the HTTP front refused what did not become a check: a closed set, because it is a metric label. */
export const frontRefusals = ['untrusted_peer', 'malformed', 'body_too_large'] as const;

export type FrontRefusal = (typeof frontRefusals)[number];
