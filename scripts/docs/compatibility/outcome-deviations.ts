import type { Deviation } from './deviation.js';

const refused = 'deny BadRequest, body "the request is malformed or ambiguous"';
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const json = (body: string) => ({
  method: 'POST',
  path: '/',
  headers: { 'content-type': 'application/json' },
  body,
});

/** How a check ends without a decision, and what the engines cannot do. */
export const outcomeDeviations: readonly Deviation[] = [
  {
    title: 'Unreadable checks',
    plugin: 'Answers a gRPC error for bytes that are no CheckRequest or hold text that is no UTF-8.',
    portcullis: 'Refuses them with 400.',
    why: 'A client can provoke them, and must not be let through by `failure_mode_allow`.',
    back: { key: 'decision.faults', value: 'error' },
    cases: [
      {
        asked: 'a path with the byte FF',
        ask: { bytes: '0a082206120422022fff' },
        plugin: 'gRPC INTERNAL',
        portcullis: refused,
      },
      { asked: 'a message cut off', ask: { bytes: '0a0501' }, plugin: 'gRPC INTERNAL', portcullis: refused },
    ],
  },
  {
    title: 'Time',
    plugin: 'Waits as long as the caller does.',
    portcullis: 'Gives the engine `engine.timeout`, then answers `DEADLINE_EXCEEDED`.',
    why: "Envoy's own deadline alone would leave the evaluation running.",
    back: { key: 'engine.timeout', value: '24h' },
    config: { engine: { timeout: '1ms' } },
    cases: [
      {
        asked: 'a slow rule',
        ask: { rule: 'slow' },
        plugin: 'allow',
        portcullis: 'gRPC DEADLINE_EXCEEDED',
        preset: 'gRPC DEADLINE_EXCEEDED',
      },
    ],
  },
  {
    title: 'Overload',
    plugin: 'Evaluates whatever comes.',
    portcullis: 'Answers `RESOURCE_EXHAUSTED` beyond `grpc.max_concurrent_checks` at once.',
    why: 'A queue that grows makes every check late.',
    back: { none: 'a large number has the same effect' },
    cases: [],
    shownBy: [
      'test/contract/server/check.test.ts',
      'one check more than may be in flight is RESOURCE_EXHAUSTED at once',
    ],
  },
  {
    title: 'Outages of OPA',
    plugin: 'Knows none: it is OPA.',
    portcullis: "Answers `UNAVAILABLE`, so that Envoy's `failure_mode_allow` and `status_on_error` govern.",
    why: "Whether an outage opens the door is the operator's choice, and Envoy can tell it from a policy that fails.",
    back: { none: 'the embedded engine has no such outage' },
    cases: [],
    shownBy: ['test/contract/engine/opa-misbehaviour.test.ts', 'A-70 C-32 status 503'],
  },
  {
    title: 'Words of an error',
    plugin: 'Tells Envoy what failed: rule, file, value.',
    portcullis: 'Tells the gRPC status and one fixed text; the rest is in the log.',
    why: 'Envoy may pass it on, and a value in conflict may be a secret of the request.',
    back: { none: 'the log has it' },
    cases: [],
    shownBy: ['test/contract/compatibility/modes.test.ts', 'an error says nothing of the policy'],
  },
  {
    title: 'The decision path of a route',
    plugin: 'Has one decision path.',
    portcullis: 'Asks another of the configured ones if the context extension `portcullis.path` names it.',
    why: 'Routes have policies of their own.',
    back: { none: "only Envoy's configuration can set a context extension" },
    cases: [
      {
        asked: 'a decision path that is not configured',
        ask: {
          http: { method: 'GET', path: '/' },
          attributes: { contextExtensions: { 'portcullis.path': 'x' } },
          shows: 'parsed_path',
        },
        plugin: 'parsed_path [""]',
        portcullis: 'deny Forbidden',
        preset: 'gRPC UNKNOWN',
      },
    ],
  },
  {
    title: 'The second version of the API',
    plugin: 'Still serves `envoy.service.auth.v2`.',
    portcullis: 'Answers `UNIMPLEMENTED`.',
    why: 'Envoy removed it years ago.',
    back: { none: 'no supported Envoy speaks it' },
    cases: [],
    shownBy: ['test/contract/compatibility/modes.test.ts', '§6.3 item 98'],
  },
  {
    title: 'Limits of an OPA server',
    engine: 'opa',
    plugin: 'Reads any number that is JSON, and JSON bodies of 10000 levels.',
    portcullis:
      'OPA refuses an input with a number such as `1E99999`, or deeper than 10000 levels altogether: a fault of the policy, and no outage.',
    why: "The input is a document within OPA's request. A client can send such a body at will.",
    back: { none: 'the embedded engine reads such numbers' },
    config: { input: { body_parsing: 'opa-envoy-plugin' } },
    cases: [
      {
        asked: 'JSON `1E99999`',
        ask: { http: json('1E99999'), shows: 'parsed_body' },
        plugin: 'parsed_body 1E99999',
        portcullis: 'deny InternalServerError',
        preset: 'gRPC UNKNOWN',
      },
      {
        asked: 'JSON of 9999 levels',
        ask: { http: json(nested(9_999)), shows: 'truncated_body' },
        plugin: 'truncated_body false',
        portcullis: 'deny InternalServerError',
        preset: 'gRPC UNKNOWN',
      },
    ],
  },
  {
    title: 'Limits of WebAssembly',
    engine: 'wasm',
    plugin: 'Reads JSON bodies of 10000 levels.',
    portcullis: "The module's reader calls itself for each level and ends at some thousands: a fault of the policy.",
    why: 'The stack is that of the process.',
    back: { none: 'an OPA server reads 9998 levels' },
    config: { input: { body_parsing: 'opa-envoy-plugin' } },
    cases: [
      {
        asked: 'JSON of 9998 levels',
        ask: { http: json(nested(9_998)), shows: 'truncated_body' },
        plugin: 'truncated_body false',
        portcullis: 'deny InternalServerError',
        preset: 'gRPC UNKNOWN',
      },
    ],
  },
];
