import type { Deviation, DeviationCase } from './deviation.js';

const fault = 'deny InternalServerError';
const error = 'gRPC UNKNOWN';

/** A decision that the guard keeps from Envoy in either mode. */
const guarded = (asked: string, decision: string, plugin: string, recorded?: string): DeviationCase => ({
  asked,
  ask: { decision },
  plugin,
  portcullis: fault,
  preset: error,
  ...(recorded !== undefined && { recorded }),
});

/** A decision that opa-envoy-plugin's way of reading makes an error of, or lets through. */
const decided = (decision: string, plugin: string, portcullis: string): DeviationCase => ({
  asked: `\`${decision}\``,
  ask: { decision },
  plugin,
  portcullis,
});

const guardNotSwitched = { none: 'what the guard keeps back is an attack or a mistake on every Envoy' };

/** How the result of the policy becomes the answer. */
export const decisionDeviations: readonly Deviation[] = [
  {
    title: 'Undefined decisions',
    plugin: 'Answers a gRPC error, which `failure_mode_allow` turns into an allow.',
    portcullis: 'Denies with 403.',
    why: 'A mistyped path must not open the door of a deployment that fails open.',
    back: { key: 'decision.undefined', value: 'error' },
    cases: [
      { asked: 'no rule matches', ask: { rule: 'nothing' }, plugin: error, portcullis: 'deny Forbidden' },
      { asked: 'division by zero', ask: { rule: 'division by zero' }, plugin: error, portcullis: 'deny Forbidden' },
    ],
  },
  {
    title: 'Faults of the policy',
    plugin: 'Answers a gRPC error for a conflict and for a result that is no decision.',
    portcullis: 'Denies with 500.',
    why: 'A client may be able to provoke it, and must not be let through by `failure_mode_allow`.',
    back: { key: 'decision.faults', value: 'error' },
    cases: [
      { asked: 'a conflict', ask: { rule: 'conflict' }, plugin: error, portcullis: fault },
      decided('null', error, fault),
      decided('{"allowed":"true"}', error, fault),
      decided('{"allowed":true,"headers":1}', error, fault),
    ],
  },
  {
    title: 'Another name for `allowed`',
    plugin: 'Knows `allowed` alone.',
    portcullis: 'Accepts `allow` too, unless the two contradict each other.',
    why: 'It is what most policies call it.',
    back: { key: 'decision.allow_alias', value: false },
    config: { decision: { faults: 'error' } },
    cases: [decided('{"allow":true}', error, 'allow')],
  },
  {
    title: 'Bare decisions',
    plugin: 'Answers a boolean without an HTTP response.',
    portcullis: 'Always sends one.',
    why: "Only with one can identity headers of the client be removed, and Envoy's logs then say what was answered.",
    back: { key: 'decision.plain_boolean', value: true },
    cases: [decided('true', 'allow, bare', 'allow'), decided('false', 'deny, bare', 'deny Forbidden')],
  },
  {
    title: 'Statuses of a denial',
    plugin: 'Accepts any code that Go and Envoy both know, so also 200, 204, 304 and redirects that lead nowhere.',
    portcullis: 'Accepts codes from 400 on, and redirects with a `location`.',
    why: 'A denial with 200 reads as a success.',
    back: { key: 'decision.status_table', value: 'opa-envoy-plugin' },
    cases: [
      decided('{"allowed":false,"http_status":200}', 'deny OK', fault),
      decided('{"allowed":false,"http_status":304}', 'deny NotModified', fault),
      decided('{"allowed":false,"http_status":302}', 'deny Found', fault),
    ],
  },
  {
    title: 'Where redirects lead',
    plugin: 'Sends any `location`.',
    portcullis: "Sends one within the request's own origin or within those of `decision.redirect_origins`.",
    why: 'A location made from the request is an open redirect.',
    back: { key: 'decision.redirect_origins', value: ['*'] },
    cases: [
      decided(
        '{"allowed":false,"http_status":302,"headers":{"location":"https://evil.example/"}}',
        'deny Found, header location: https://evil.example/',
        fault,
      ),
    ],
  },
  {
    title: 'Several values of one header towards the backend',
    plugin: 'Sends them one by one.',
    portcullis: 'Joins them with commas, cookies with semicolons.',
    why: 'Sent one by one with an overwrite, as they must be, only the last arrives.',
    back: { key: 'decision.header_values', value: 'separate' },
    cases: [decided('{"allowed":true,"headers":{"a":["b","c"]}}', 'allow, set a: b, set a: c', 'allow, set a: b,c')],
  },
  {
    title: 'Identity headers of the client',
    plugin: 'Leaves them in the request unless the policy removes them.',
    portcullis:
      'Removes the protected headers, in each spelling that backends confuse, from every request that is let through.',
    why: 'A client that sends `x-user` must not be taken for that user. The preset keeps this.',
    back: { key: 'decision.protected_headers', value: [] },
    config: { decision: { protected_headers: ['x-user'] } },
    cases: [
      {
        asked: '`{"allowed":true}`',
        ask: { decision: '{"allowed":true}' },
        plugin: 'allow',
        portcullis: 'allow, remove x-user, remove x_user',
        preset: 'allow, remove x-user, remove x_user',
        recorded: 'allowed true',
      },
    ],
  },
  {
    title: 'How headers are set',
    plugin: "Leaves it to Envoy's release whether a header stands beside the client's own or replaces it.",
    portcullis: 'Always says that it replaces it, unless the policy asks to append.',
    why: "On Envoy 1.37 a client's `x-user` would survive beside ours.",
    back: { none: 'where the plugin is safe, the outcome is the same' },
    cases: [
      {
        asked: 'how `a: b` is set',
        ask: { decision: '{"allowed":true,"headers":{"a":"b"}}', shows: 'header modes' },
        plugin: 'append unset, no action',
        portcullis: 'append false, OVERWRITE_IF_EXISTS_OR_ADD',
      },
    ],
  },
  {
    title: 'Names of headers',
    plugin: 'Sends them as the policy spells them.',
    portcullis: 'Sends them in lower case; two spellings of one name in a decision are a fault.',
    why: 'HTTP/2 has names in lower case only, and protection by name must not depend on the spelling.',
    back: { none: 'names are compared without case everywhere' },
    cases: [
      {
        asked: '`X-Upper` when allowed',
        ask: { decision: '{"allowed":true,"headers":{"X-Upper":"v"}}' },
        plugin: 'allow, set X-Upper: v',
        portcullis: 'allow, set x-upper: v',
        recorded: 'headers {"X-Upper":"v"} allowed true',
      },
      {
        asked: '`X-Upper` when denied',
        ask: { decision: '{"allowed":false,"headers":{"X-Upper":"v"}}' },
        plugin: 'deny Forbidden, header X-Upper: v',
        portcullis: 'deny Forbidden, header x-upper: v',
        recorded: 'headers {"X-Upper":"v"} allowed false',
      },
    ],
  },
  {
    title: 'Dangerous changes',
    plugin: 'Passes them on.',
    portcullis: 'Takes the decision for a fault: see `decision.mutations` for dropping the header alone.',
    why: 'Empty names, pseudo headers, `host`, hop-by-hop and framing headers, `x-envoy-…`, CR, LF and NUL reroute or split requests, or make Envoy answer an error.',
    back: guardNotSwitched,
    cases: [
      guarded(
        'a header without a name',
        '{"allowed":true,"headers":{"":"v"}}',
        'allow, set : v',
        'headers {"":"v"} allowed true',
      ),
      guarded(
        'CR LF in a value',
        '{"allowed":true,"headers":{"a":"x\\r\\ny: z"}}',
        'allow, set a: x\r\ny: z',
        'headers {"a":"x\\r\\ny: z"} allowed true',
      ),
      guarded(
        'a name that is no token',
        '{"allowed":true,"headers":{"x y":"v"}}',
        'allow, set x y: v',
        'headers {"x y":"v"} allowed true',
      ),
      guarded(
        '`content-length` when allowed',
        '{"allowed":true,"headers":{"content-length":"5"}}',
        'allow, set content-length: 5',
        'headers {"content-length":"5"} allowed true',
      ),
      guarded(
        '`content-length` when denied',
        '{"allowed":false,"headers":{"content-length":"5"}}',
        'deny Forbidden, header content-length: 5',
        'headers {"content-length":"5"} allowed false',
      ),
      guarded(
        '`:path` when denied',
        '{"allowed":false,"headers":{":path":"/x"}}',
        'deny Forbidden, header :path: /x',
        'headers {":path":"/x"} allowed false',
      ),
      guarded(
        '`host` when denied',
        '{"allowed":false,"headers":{"host":"evil"}}',
        'deny Forbidden, header host: evil',
        'headers {"host":"evil"} allowed false',
      ),
      guarded(
        '`:path` removed',
        '{"allowed":true,"request_headers_to_remove":["A",":path"]}',
        'allow, remove A, remove :path',
        'request_headers_to_remove ["A",":path"] allowed true',
      ),
      guarded('NUL in a value', '{"allowed":true,"headers":{"a":"x\\u0000"}}', 'allow, set a: x\0'),
      guarded(
        '`x-envoy-max-retries`',
        '{"allowed":true,"headers":{"x-envoy-max-retries":"9"}}',
        'allow, set x-envoy-max-retries: 9',
      ),
      guarded(
        'a query parameter without a name',
        '{"allowed":true,"query_parameters_to_set":{"":"v"}}',
        'allow, query =v',
      ),
      guarded('a body with 204', '{"allowed":false,"http_status":204,"body":"x"}', 'deny NoContent, body "x"'),
      guarded('status 100', '{"allowed":false,"http_status":100}', 'deny Continue'),
    ],
  },
  {
    title: 'Query parameters',
    plugin: 'Hands names and values over as they are; Envoy writes them into the request line unencoded.',
    portcullis: 'Percent-encodes them, and removes other spellings of a name that the request has.',
    why: 'A space breaks the request line, `&` begins another parameter.',
    back: { none: 'no backend can want a broken request line' },
    cases: [
      {
        asked: '`{"c": "d e&f"}`',
        ask: { decision: '{"allowed":true,"query_parameters_to_set":{"c":"d e&f"}}' },
        plugin: 'allow, query c=d e&f',
        portcullis: 'allow, query c=d%20e%26f',
      },
    ],
  },
  {
    title: 'What is set and removed at once',
    plugin: 'Sends both; Envoy sets first and removes then, so that nothing is left.',
    portcullis: 'Sets it.',
    why: 'A decision that sets `x-user` must not lose it to a list that protects it.',
    back: { none: 'nobody sets a header to have it removed' },
    cases: [
      {
        asked: 'a header',
        ask: { decision: '{"allowed":true,"headers":{"a":"b"},"request_headers_to_remove":["a","c"]}' },
        plugin: 'allow, set a: b, remove a, remove c',
        portcullis: 'allow, set a: b, remove c',
      },
      {
        asked: 'a query parameter',
        ask: { decision: '{"allowed":true,"query_parameters_to_set":{"a":"b"},"query_parameters_to_remove":["a"]}' },
        plugin: 'allow, query a=b, query without a',
        portcullis: 'allow, query a=b',
      },
    ],
  },
  {
    title: 'Text that is no UTF-8',
    plugin: 'Cannot write the answer: a gRPC error.',
    portcullis: 'Writes U+FFFD for each byte that is no text.',
    why: 'An error would turn a denial into an allow by `failure_mode_allow`.',
    back: { none: 'by the time the decision arrives, the bytes are gone' },
    cases: [
      {
        asked: 'a header of `base64.decode("/w==")`',
        ask: { rule: 'bytes' },
        plugin: 'gRPC INTERNAL',
        portcullis: 'allow, set a: \ufffd',
      },
      {
        asked: 'a body of `base64.decode("/w==")`',
        ask: { rule: 'bytes in the body' },
        plugin: 'gRPC INTERNAL',
        portcullis: 'deny Forbidden, body "\ufffd"',
      },
    ],
  },
  {
    title: 'Long bodies',
    plugin: 'Sends a body of any length.',
    portcullis: 'Takes one beyond `decision.max_body_size` for a fault.',
    why: 'Envoy would buffer it.',
    back: { key: 'decision.max_body_size', value: '1024MiB' },
    config: { decision: { max_body_size: '4B' } },
    cases: [
      {
        ...decided('{"allowed":false,"body":"longer"}', 'deny Forbidden, body "longer"', fault),
        preset: error,
      },
    ],
  },
  {
    title: 'Appending to a header',
    plugin: 'Has no word for it; an object as value is an error.',
    portcullis: 'Reads `{"value": …, "append": true}`.',
    why: "What is appended is joined with the request's own value, which is the same on every Envoy.",
    back: { none: 'a policy written for the plugin has no such value' },
    config: { decision: { faults: 'error' } },
    cases: [decided('{"allowed":true,"headers":{"a":{"value":"b"}}}', error, 'allow, set a: b')],
  },
  {
    title: 'Deep metadata',
    plugin: 'Sends metadata of any depth and size.',
    portcullis: 'Takes more than 24 levels or 64 Ki characters for a fault.',
    why: 'Envoy cannot read deeper messages and takes the answer for a failed check.',
    back: { none: 'Envoy would not read it' },
    cases: [
      guarded(
        '25 levels',
        `{"allowed":false,"dynamic_metadata":${'{"a":'.repeat(25)}1${'}'.repeat(25)}}`,
        `deny Forbidden, metadata ${'{"a":'.repeat(25)}1${'}'.repeat(25)}`,
      ),
    ],
  },
];
