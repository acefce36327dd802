import type { Item } from './item.js';

const error = 'gRPC UNKNOWN';

const decided = (item: number, decision: unknown, answer: string): Item => {
  const text = typeof decision === 'string' ? decision : JSON.stringify(decision);
  return { item, name: `decision ${text.slice(0, 80)}`, ask: { decision: text }, answer };
};

const rule = (item: number, name: string, answer: string): Item => ({
  item,
  name: `rule ${name}`,
  ask: { rule: name },
  answer,
});

const allowed = (item: number, members: object, answer: string): Item =>
  decided(item, { allowed: true, ...members }, answer);
const denied = (item: number, members: object, answer: string): Item =>
  decided(item, { allowed: false, ...members }, answer);

const status = (code: number | string, answer: string): Item =>
  decided(85, `{"allowed":false,"http_status":${code}}`, answer);

/** What 2.3 accepts, with Envoy's name; 100 is kept back by the guard. */
const statuses: Readonly<Record<number, string>> = {
  201: 'Created',
  202: 'Accepted',
  203: 'NonAuthoritativeInformation',
  205: 'ResetContent',
  206: 'PartialContent',
  207: 'MultiStatus',
  208: 'AlreadyReported',
  300: 'MultipleChoices',
  303: 'SeeOther',
  305: 'UseProxy',
  400: 'BadRequest',
  402: 'PaymentRequired',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  407: 'ProxyAuthenticationRequired',
  408: 'RequestTimeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'LengthRequired',
  412: 'PreconditionFailed',
  413: 'PayloadTooLarge',
  414: 'URITooLong',
  415: 'UnsupportedMediaType',
  416: 'RangeNotSatisfiable',
  421: 'MisdirectedRequest',
  422: 'UnprocessableEntity',
  423: 'Locked',
  424: 'FailedDependency',
  426: 'UpgradeRequired',
  429: 'TooManyRequests',
  431: 'RequestHeaderFieldsTooLarge',
  500: 'InternalServerError',
  501: 'NotImplemented',
  502: 'BadGateway',
  503: 'ServiceUnavailable',
  504: 'GatewayTimeout',
  505: 'HTTPVersionNotSupported',
  506: 'VariantAlsoNegotiates',
  507: 'InsufficientStorage',
  510: 'NotExtended',
  511: 'NetworkAuthenticationRequired',
};

const refusedStatuses = [
  101, 102, 104, 199, 209, 227, 299, 309, 399, 419, 420, 427, 430, 432, 450, 512, 999, 1000, 65_937,
];

const deviating = (of: Item, because: string, answer: string): Item => ({ ...of, deviates: { because, answer } });

/** Items 73–90: decisions. */
export const decisions: readonly Item[] = [
  deviating(rule(79, 'bytes', 'gRPC INTERNAL'), 'Text that is no UTF-8', 'allow, set a: \ufffd'),
  deviating(
    allowed(82, { request_headers_to_remove: ['A'] }, 'allow, remove A'),
    'Names of headers',
    'allow, remove a',
  ),
  deviating(
    allowed(83, { query_parameters_to_set: { c: 'd e' } }, 'allow, query c=d e'),
    'Query parameters',
    'allow, query c=d%20e',
  ),
  deviating(status(100, 'deny Continue'), 'Dangerous changes', error),
  deviating(denied(86, { http_status: 204, body: 'x' }, 'deny NoContent, body "x"'), 'Dangerous changes', error),
  ...['"true"', '[]', '[true]', '"allow"', '0'].map((text) => decided(74, text, error)),
  rule(74, 'set', error),
  decided(75, { allowed: 1 }, error),
  decided(75, { allow: true }, error),
  decided(75, { allow: true, allowed: false }, 'deny Forbidden'),
  decided(75, { ALLOWED: true, allowed: false }, 'deny Forbidden'),
  rule(76, 'nothing', error),
  rule(76, 'division by zero', error),
  decided(76, 'no JSON', error),
  rule(77, 'conflict', error),
  allowed(78, { headers: {} }, 'allow'),
  allowed(78, { headers: [] }, 'allow'),
  allowed(78, { headers: { a: [] } }, 'allow'),
  allowed(78, { headers: [{ a: 'b' }, { a: 'c' }, {}] }, 'allow, set a: b, set a: c'),
  allowed(78, { headers: { a: '' } }, 'allow, set a: '),
  allowed(78, { headers: 'x' }, error),
  allowed(78, { headers: true }, error),
  allowed(78, { headers: [['a', 'b']] }, error),
  allowed(78, { headers: [{ a: 1 }] }, error),
  allowed(78, { headers: { a: [['b']] } }, error),
  denied(78, { headers: { a: ['b', null] } }, error),
  denied(78, { headers: [{ a: 'b' }, { a: 'c' }] }, 'deny Forbidden, header a: b, header a: c'),
  allowed(79, { headers: { a: 'é😀' } }, 'allow, set a: é😀'),
  rule(80, 'keys', 'allow, set 1: a, set null: c, set true: b'),
  rule(80, 'sets', 'allow, remove a, remove b, query without c, query without d'),
  rule(80, 'set of values', 'allow, set a: x, set a: y'),
  rule(80, 'metadata keys', 'allow, metadata {"1":"a","[1]":"b"}'),
  allowed(
    81,
    { response_headers_to_add: { a: 'b', c: ['d', 'e'] } },
    'allow, respond a: b, respond c: d, respond c: e',
  ),
  allowed(81, { response_headers_to_add: [{ a: 'b' }, { a: ['c'] }] }, 'allow, respond a: b, respond a: c'),
  allowed(81, { response_headers_to_add: {} }, 'allow'),
  allowed(81, { response_headers_to_add: [] }, 'allow'),
  ...[null, 1, 'x', true, ['x'], { a: null }, { a: { b: 'c' } }].map((value) =>
    allowed(81, { response_headers_to_add: value }, error),
  ),
  denied(81, { response_headers_to_add: 'x' }, 'deny Forbidden'),
  allowed(82, { request_headers_to_remove: ['a', 'a'] }, 'allow, remove a, remove a'),
  ...[{}, '', 'a', true, 1, ['a', 1], ['a', ['b']]].map((value) =>
    allowed(82, { request_headers_to_remove: value }, error),
  ),
  allowed(83, { query_parameters_to_set: { a: 'b', c: [] } }, 'allow, query a=b'),
  allowed(83, { query_parameters_to_set: { a: '' } }, 'allow, query a='),
  ...[null, 1, 'a', [], { a: 1 }, { a: null }, { a: { b: 'c' } }].map((value) =>
    allowed(83, { query_parameters_to_set: value }, error),
  ),
  ...[{}, '', 1, true].map((value) => allowed(83, { query_parameters_to_remove: value }, error)),
  denied(84, { body: '' }, 'deny Forbidden'),
  denied(84, { body: [] }, error),
  denied(84, { body: true }, error),
  denied(84, { body: 'é\n' }, 'deny Forbidden, body "é\\n"'),
  ...Object.entries(statuses).map(([code, name]) => status(code, `deny ${name}`)),
  ...refusedStatuses.map((code) => status(code, error)),
  ...['401.5', '1e2', '[401]', '{}', '-401', '18446744073709552017', '99999999999999999999999', '0401', '-0'].map(
    (code) => status(code, error),
  ),
  decided(86, '{"allowed":false,"http_status":200,"headers":{"a":"b"}}', 'deny OK, header a: b'),
  denied(87, { dynamic_metadata: {} }, 'deny Forbidden'),
  ...[null, [], 'x', 1, true].map((value) => allowed(87, { dynamic_metadata: value }, error)),
  allowed(
    87,
    { dynamic_metadata: { a: { b: [1, { c: null }] }, d: 'x' } },
    'allow, metadata {"a":{"b":[1,{"c":null}]},"d":"x"}',
  ),
  decided(87, '{"allowed":true,"dynamic_metadata":{"a":1e400}}', error),
  decided(87, '{"allowed":true,"dynamic_metadata":{"a":9007199254740993}}', 'allow, metadata {"a":9007199254740992}'),
  decided(87, '{"allowed":true,"dynamic_metadata":{"a":1e-400,"b":-0}}', 'allow, metadata {"a":0,"b":0}'),
  allowed(87, { dynamic_metadata: { decision_id: 'mine' }, decision_id: 'mine' }, 'allow'),
  allowed(
    87,
    { dynamic_metadata: { __proto__x: 1, constructor: 2 } },
    'allow, metadata {"__proto__x":1,"constructor":2}',
  ),
  allowed(88, { headers: 1, dynamic_metadata: 1 }, error),
  denied(88, { headers: 1, http_status: 401 }, error),
  allowed(89, { reason: 'x', cache: 1, Headers: 1, status: 401, http_headers: null }, 'allow'),
  denied(89, { reason: 1, id: null }, 'deny Forbidden'),
  allowed(90, { http_status: 'x', body: [] }, 'allow'),
  allowed(90, { http_status: 401, body: 'x' }, 'allow'),
];
