/** The rules by which one header or query parameter may be left out of a decision: a closed set, because it is a metric label. */
export const mutationRules = [
  'header_name',
  'header_collision',
  'pseudo_header',
  'host_header',
  'framing_header',
  'envoy_header',
  'header_value',
  'headers_too_long',
  'headers_too_many',
  'query_parameter',
] as const;

export type MutationRule = (typeof mutationRules)[number];
