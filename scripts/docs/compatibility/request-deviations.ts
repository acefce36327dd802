import type { Deviation, DeviationCase, Json } from './deviation.js';

const get = (path: string): Json => ({ method: 'GET', path });
const post = (type: string, body: string, headers: Json = {}): Json => ({
  method: 'POST',
  path: '/',
  headers: { 'content-type': type, ...headers },
  body,
});

const refused = 'deny BadRequest, body "the request is malformed or ambiguous"';

const ambiguousPath = (path: string, plugin: string): DeviationCase => ({
  asked: `\`GET ${path}\``,
  ask: { http: get(path), shows: 'parsed_path' },
  plugin: `parsed_path ${plugin}`,
  portcullis: refused,
});

const bodyCase = (asked: string, http: Json, plugin: string, portcullis: string): DeviationCase => ({
  asked,
  ask: { http, shows: 'parsed_body' },
  plugin: `parsed_body ${plugin}`,
  portcullis,
});

const exp = { metadataContext: { filterMetadata: { jwt: { exp: 1569026124 } } } };

/** How the request becomes the input. */
export const requestDeviations: readonly Deviation[] = [
  {
    title: 'Ambiguous paths',
    plugin: 'Decodes the whole path, drops all leading slashes and splits it then; dot segments and controls stay.',
    portcullis:
      'Splits first and decodes each segment. What servers disagree about is refused with 400. `input.encoded_slashes: keep` admits encoded slashes alone, each inside its segment.',
    why: 'The policy and the backend must see the same path. CVE-2026-26205 was a bypass of this kind.',
    back: { key: 'input.path_parsing', value: 'opa-envoy-plugin' },
    cases: [
      ambiguousPath('/a%2Fb', '["a","b"]'),
      ambiguousPath('/..%2f..%2fetc', '["..","..","etc"]'),
      ambiguousPath('/a/./b', '["a",".","b"]'),
      ambiguousPath('//admin/x', '["admin","x"]'),
      ambiguousPath('/a//b', '["a","","b"]'),
      ambiguousPath('/a#frag', '["a#frag"]'),
      ambiguousPath('/a\\b', '["a\\\\b"]'),
      ambiguousPath('/%00', '["\\u0000"]'),
      ambiguousPath('/%ff', '["\ufffd"]'),
      ambiguousPath('http://host/a', '["http:","","host","a"]'),
    ],
  },
  {
    title: 'Media types and bodies',
    plugin:
      'Looks with case for `application/json` and others anywhere in the header, in the `headers` map alone; of equal names in JSON the last counts.',
    portcullis:
      'Reads the media type as RFC 9110 says, also with `encode_raw_headers`, and `+json` types too. Refuses with 400 what readers disagree about: equal names, invalid UTF-8, other character sets and codings, deep nesting, huge numbers, transfer encodings of parts.',
    why: 'A type that hides in a parameter, or the other one of two equal names, would show the policy another body than the backend reads.',
    back: { key: 'input.body_parsing', value: 'opa-envoy-plugin' },
    cases: [
      bodyCase('type `Application/JSON`', post('Application/JSON', '1'), 'null', 'parsed_body 1'),
      bodyCase('type `application/x+json`', post('application/x+json', '1'), 'null', 'parsed_body 1'),
      bodyCase(
        'type `text/plain; note=application/json`',
        post('text/plain; note=application/json', '1'),
        '1',
        refused,
      ),
      bodyCase('JSON `{"a":1,"a":2}`', post('application/json', '{"a":1,"a":2}'), '{"a":2}', refused),
      bodyCase('content-length `+1`', post('application/json', '1', { 'content-length': '+1' }), '1', refused),
      bodyCase('content-encoding `gzip`', post('application/json', '1', { 'content-encoding': 'gzip' }), '1', refused),
      bodyCase('charset `utf-16`', post('application/json; charset=utf-16', '1'), '1', refused),
    ],
  },
  {
    title: 'Headers that Envoy sends as they came',
    plugin: 'Does not look for the content type in `header_map`, so that no body is parsed.',
    portcullis: 'Looks in both.',
    why: 'With `encode_raw_headers` a policy would see `null` for every body.',
    back: { key: 'input.body_parsing', value: 'opa-envoy-plugin' },
    cases: [
      bodyCase(
        'content type in `header_map` alone',
        {
          method: 'POST',
          path: '/',
          headerMap: { headers: [{ key: 'content-type', rawValue: 'YXBwbGljYXRpb24vanNvbg==' }] },
          body: '1',
        },
        'null',
        'parsed_body 1',
      ),
    ],
  },
  {
    title: 'Bodies of exactly the limit',
    plugin: 'Takes a body of as many bytes as Envoy sends at most for a whole one.',
    portcullis:
      'Takes it for a part if the route tells the limit in the context extension `portcullis.max_request_bytes`.',
    why: 'With `allow_partial_message`, Envoy asks as soon as it has that many bytes, and more may follow.',
    back: { none: 'leave the context extension out' },
    cases: [
      {
        asked: 'a body of one byte, the limit being one',
        ask: {
          http: post('application/json', '1'),
          attributes: { contextExtensions: { 'portcullis.max_request_bytes': '1' } },
          shows: 'truncated_body',
        },
        plugin: 'truncated_body false',
        portcullis: 'truncated_body true',
      },
    ],
  },
  {
    title: 'Numbers of metadata',
    plugin: 'Writes them with an exponent from 1e6 on and below 1e-4.',
    portcullis: 'Writes plain digits.',
    why: '`sprintf("%d")` and libraries for JWT fail on the exponent form of an `exp`.',
    back: { key: 'input.metadata_numbers', value: 'exponent' },
    cases: [
      {
        asked: '`exp` 1569026124 in filter metadata',
        ask: { http: get('/'), attributes: exp, shows: 'attributes.metadataContext.filterMetadata.jwt.exp' },
        plugin: 'attributes.metadataContext.filterMetadata.jwt.exp 1.569026124e+09',
        portcullis: 'attributes.metadataContext.filterMetadata.jwt.exp 1569026124',
      },
    ],
  },
  {
    title: 'Incomplete requests',
    plugin: 'Asks the policy about a request without method, path or anything.',
    portcullis: 'Refuses it with 400. Envoy sends no such request.',
    why: 'A policy that refuses what it knows would allow it.',
    back: { key: 'input.incomplete', value: 'pass' },
    cases: [
      {
        asked: 'a check with nothing in it',
        ask: { shows: 'parsed_path' },
        plugin: 'parsed_path [""]',
        portcullis: refused,
      },
      {
        asked: 'a request without method',
        ask: { http: { path: '/a' }, shows: 'parsed_path' },
        plugin: 'parsed_path ["a"]',
        portcullis: refused,
      },
    ],
  },
  {
    title: 'Ambiguous hosts',
    plugin: 'Passes any host to the policy.',
    portcullis: 'Refuses with 400 a host that readers take for different ones.',
    why: 'A rule about the host would speak of another one than the backend serves.',
    back: { key: 'input.ambiguous_host', value: 'pass' },
    cases: [
      {
        asked: 'host `a.example,b.example`',
        ask: { http: { ...get('/'), host: 'a.example,b.example' }, shows: 'attributes.request.http.host' },
        plugin: 'attributes.request.http.host "a.example,b.example"',
        portcullis: refused,
      },
    ],
  },
  {
    title: 'Certificates',
    plugin: 'Shows the certificate as URL-encoded PEM alone, and any principal.',
    portcullis:
      'Shows beside it what stands in it as `source_certificate`; refuses a principal with control characters with 400.',
    why: 'Rego has no comfortable way to read it. A NUL in a principal hides its end (CVE-2026-47778).',
    back: { key: 'input.certificates', value: 'off' },
    cases: [
      {
        asked: 'principal with a NUL',
        ask: { http: get('/'), attributes: { source: { principal: 'a\0b' } }, shows: 'source_principal' },
        plugin: 'source_principal "a\\u0000b"',
        portcullis: refused,
      },
      {
        asked: 'a certificate that is none',
        ask: { http: get('/'), attributes: { source: { certificate: 'x' } }, shows: 'source_certificate.error' },
        plugin: 'source_certificate.error is absent',
        portcullis: 'source_certificate.error "encoding_invalid"',
      },
    ],
  },
  {
    title: 'What the client of a refused request is told',
    plugin: "The parser's words, without a decision id.",
    portcullis: 'One fixed text, with the decision id in the metadata; the words are in the log.',
    why: 'The words quote the request and tell an attacker which parser reads it.',
    back: { key: 'input.refusal_text', value: 'opa-envoy-plugin' },
    cases: [
      {
        asked: '`GET /a%`',
        ask: { http: get('/a%') },
        plugin: 'deny BadRequest, body "request_parse_error: invalid URL escape \\"%\\"", no decision id',
        portcullis: refused,
      },
    ],
  },
  {
    title: 'How much of a request the client is told',
    plugin: 'All that the parser quotes.',
    portcullis: 'At most 1000 characters.',
    why: 'A body of megabytes would come back four times as long.',
    back: { none: 'nobody needs the rest' },
    config: {
      input: { refusal_text: 'opa-envoy-plugin', path_parsing: 'opa-envoy-plugin', body_parsing: 'opa-envoy-plugin' },
    },
    cases: [
      {
        asked: 'content-length of 2000 letters',
        ask: { http: post('application/json', '1', { 'content-length': 'x'.repeat(2000) }) },
        plugin: `deny BadRequest, body "request_parse_error: strconv.ParseInt: parsing \\"${'x'.repeat(2000)}\\": invalid syntax", no decision id`,
        portcullis: `deny BadRequest, body "request_parse_error: strconv.ParseInt: parsing \\"${'x'.repeat(1000 - 27)}", no decision id`,
      },
    ],
  },
];
