/** Every metric of our own: metrics are made from this table and `docs/metrics.md` is held against it. */
export const metricDescriptions = {
  checks: {
    name: 'portcullis_checks_total',
    type: 'counter',
    labels: ['outcome', 'reason'],
    help: 'Checks answered, by outcome and reason.',
  },
  checkDuration: {
    name: 'portcullis_check_duration_seconds',
    type: 'histogram',
    labels: [],
    help: 'Time from the bytes of a check to its answer.',
  },
  engineDuration: {
    name: 'portcullis_engine_duration_seconds',
    type: 'histogram',
    labels: ['engine'],
    help: 'Time the engine took for one evaluation.',
  },
  checksInFlight: {
    name: 'portcullis_checks_in_flight',
    type: 'gauge',
    labels: [],
    help: 'Checks being worked on now.',
  },
  ready: {
    name: 'portcullis_ready',
    type: 'gauge',
    labels: [],
    help: '1 while checks are answered, 0 at the start, without a policy, and while draining.',
  },
  policyInfo: {
    name: 'portcullis_policy_info',
    type: 'gauge',
    labels: ['engine', 'revision'],
    help: 'Always 1; its labels name the engine and the policy revision that answer now.',
  },
  identity: {
    name: 'portcullis_identity_total',
    type: 'counter',
    labels: ['source', 'result'],
    help: 'Callers, by identity source and what it found.',
  },
  configReloads: {
    name: 'portcullis_config_reloads_total',
    type: 'counter',
    labels: ['result'],
    help: 'Configuration reloads, applied or refused.',
  },
  errors: {
    name: 'portcullis_errors_total',
    type: 'counter',
    labels: ['code'],
    help: 'Failures, by the error codes of docs/errors.md.',
  },
  decisionCache: {
    name: 'portcullis_decision_cache_total',
    type: 'counter',
    labels: ['result'],
    help: 'Evaluations asked for with the decision cache on: answered by it, not found in it, or not to be kept in it.',
  },
  mutationsDropped: {
    name: 'portcullis_mutations_dropped_total',
    type: 'counter',
    labels: ['rule'],
    help: 'Headers and query parameters left out of decisions (`decision.mutations: drop`), by the rule they break.',
  },
  kubernetesRequests: {
    name: 'portcullis_kubernetes_requests_total',
    type: 'counter',
    labels: ['result'],
    help: 'Requests of policies to the Kubernetes API: answered by it, refused by the proxy, or failed.',
  },
  frontRefusals: {
    name: 'portcullis_http_front_refused_total',
    type: 'counter',
    labels: ['reason'],
    help: 'What the HTTP front refused before it became a check: strangers, malformed HTTP, bodies that are too large.',
  },
  decisionLogDropped: {
    name: 'portcullis_decision_log_dropped_total',
    type: 'counter',
    labels: [],
    help: 'Decision log records that were lost because the output was too slow or failed.',
  },
} as const;
