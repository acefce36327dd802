/** How a check ended for Envoy. */
export type CheckOutcome = 'allow' | 'deny' | 'error';

/** Why it ended so: a closed set, because it is a metric label. */
export const checkReasons = [
  'policy',
  'undefined',
  'policy_error',
  'data_stale',
  'decision_invalid',
  'request_invalid',
  'unauthenticated',
  'identity_unavailable',
  'engine_unreachable',
  'engine_timeout',
  'engine_overloaded',
  'engine_closed',
  'bundle_missing',
  'cancelled',
  'internal',
  'dry_run',
] as const;

export type CheckReason = (typeof checkReasons)[number];

/** The pairs that can occur. They stand at zero from the start, so that a first failure shows as an increase. */
export const checkOutcomes: Readonly<Record<CheckOutcome, readonly CheckReason[]>> = {
  allow: ['policy', 'dry_run'],
  deny: [
    'policy',
    'undefined',
    'policy_error',
    'data_stale',
    'decision_invalid',
    'request_invalid',
    'unauthenticated',
    'internal',
  ],
  error: [
    'undefined',
    'policy_error',
    'decision_invalid',
    'request_invalid',
    'identity_unavailable',
    'engine_unreachable',
    'engine_timeout',
    'engine_overloaded',
    'engine_closed',
    'bundle_missing',
    'cancelled',
    'internal',
  ],
};
