/** Option of opa-envoy-plugin, key of Portcullis, what to know. */
export const pluginOptions: readonly (readonly [option: string, key: string, note: string])[] = [
  [
    '`addr`',
    '`grpc.address`',
    "Ours is on loopback unless told otherwise, the plugin's on all interfaces. `unix:///path`; no abstract sockets. What cannot be listened on ends the program.",
  ],
  [
    '`path`',
    '`engine.paths`',
    'The first is the default. A path is a rule below `data`, as there: `envoy/authz/allow`.',
  ],
  ['`query`', 'none', 'Deprecated there. Write a rule that is the query and name its path.'],
  ['`dry-run`', '`decision.dry_run`', 'Covers the same: well-formed denials, nothing else.'],
  ['`enable-reflection`', '`grpc.reflection`', ''],
  ['`proto-descriptor`', '`input.grpc.descriptors`', 'Read again on SIGHUP; see [gRPC bodies](grpc-bodies.md).'],
  ['`grpc-max-recv-msg-size`', '`grpc.max_message_size`', '`4MiB` in both.'],
  ['`grpc-max-send-msg-size`', 'none', 'What an answer may hold is limited by the rules for decisions.'],
  ['`skip-request-body-parse: true`', '`input.body_parsing: off`', 'Leaves out the same two members.'],
  [
    '`enable-performance-metrics`',
    'none',
    'Always there, with other names and for every outcome: see [metrics](metrics.md).',
  ],
  ['`grpc-request-duration-seconds-buckets`', 'none', 'The buckets are fixed.'],
  [
    '`decision_logs`',
    '`decision_log.enabled`',
    'One line of JSON for each check, without body and headers: see [the decision log](decision-log.md).',
  ],
  [
    '`bundles`',
    '`engine.wasm.bundle`, or in OPA',
    'With `engine.kind: opa`, OPA keeps its own configuration of bundles, logs and status.',
  ],
  ['`/health?plugins`', '`/readyz` on `admin.address`, gRPC health', 'Ready once there is a policy to ask.'],
];
