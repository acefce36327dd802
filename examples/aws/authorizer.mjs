// A Lambda authorizer of type REQUEST, for REST APIs and for HTTP APIs (payload format 2.0 with simple responses), that asks
// Portcullis. One file without dependencies, for Node 20 or newer; docs/gateways/aws.md says how to set it up.
//
//   CHECK_URL             https://portcullis.internal:9292/check
//   CHECK_BACKEND_HEADERS x-user,x-user-roles (http.backend_headers)
//   CHECK_CA, CHECK_CERT, CHECK_KEY  PEM texts, for mutual TLS
//   CHECK_TIMEOUT_MS      500

import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export async function handler(event) {
  const answer = await ask(questionOf(event));
  const decisionId = answer.headers['x-portcullis-decision-id'];
  // Nobody decided: API Gateway answers 500.
  if (decisionId === undefined || answer.status >= 500) throw new Error('no decision');
  // A REST API answers 401 to exactly this text. For an HTTP API that is not documented: any error is at least a 500.
  if (answer.status === 401) throw new Error('Unauthorized');
  return reply(event, answer.status === 200, answer.headers, decisionId);
}

function questionOf(event) {
  if (event.version === '2.0') return questionOfHttpApi(event);
  if (event.type === 'REQUEST') return questionOfRestApi(event);
  // TOKEN events have neither headers nor query: a decision would be about another request.
  throw new Error('this authorizer needs type REQUEST');
}

function questionOfHttpApi({ rawPath, rawQueryString, headers, cookies, requestContext }) {
  const lines = Object.entries(headers ?? {});
  if (cookies?.length > 0) lines.push(['cookie', cookies.join('; ')]);
  return {
    method: requestContext.http.method,
    target: targetOf(rawPath, rawQueryString),
    host: requestContext.domainName,
    address: requestContext.http.sourceIp,
    lines,
  };
}

function questionOfRestApi(event) {
  const { path, httpMethod, multiValueHeaders, multiValueQueryStringParameters, requestContext } = event;
  // API Gateway has decoded names and values.
  const query = repeated(multiValueQueryStringParameters).map((pair) => pair.map(encodeURIComponent).join('='));
  return {
    method: httpMethod,
    target: targetOf(path, query.join('&')),
    host: requestContext.domainName,
    address: requestContext.identity.sourceIp,
    lines: repeated(multiValueHeaders),
  };
}

function repeated(map) {
  return Object.entries(map ?? {}).flatMap(([name, values]) => values.map((value) => [name, value]));
}

/** The path may have been decoded: what would end it, or is no text of a request line, is encoded again. */
function targetOf(path, query) {
  const encoded = path.replace(/[^\x21-\x7e]+|[?#]/g, encodeURIComponent);
  return query ? `${encoded}?${query}` : encoded;
}

/** Of the connection to API Gateway, or ours to set. */
const notPassedOn = /^(?:connection|content-length|expect|host|keep-alive|te|transfer-encoding|upgrade|x-original-.*)$/;

function headersOf({ method, target, host, address, lines }) {
  const passed = lines.filter(([name]) => !notPassedOn.test(name.toLowerCase()));
  return [
    ...passed,
    ['x-original-method', method],
    ['x-original-uri', target],
    ['x-original-host', host],
    // API Gateway has no other.
    ['x-original-scheme', 'https'],
    ['x-original-address', address],
  ];
}

function ask(question) {
  const { CHECK_URL, CHECK_CA, CHECK_CERT, CHECK_KEY, CHECK_TIMEOUT_MS } = process.env;
  const url = new URL(CHECK_URL);
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const options = {
    headers: [['host', url.host], ...headersOf(question)].flat(),
    ca: CHECK_CA,
    cert: CHECK_CERT,
    key: CHECK_KEY,
    signal: AbortSignal.timeout(Number(CHECK_TIMEOUT_MS ?? 500)),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

function reply(event, allowed, headers, decisionId) {
  const context = { decision_id: decisionId, ...identityOf(headers) };
  if (event.version === '2.0') return { isAuthorized: allowed, context };
  return {
    principalId: headers['x-user'] || 'anonymous',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: effectOf(allowed, event), Resource: event.methodArn }],
    },
    context,
  };
}

/** A path with `*` or `?` would make the policy one for other paths too, which API Gateway might keep and use again. */
function effectOf(allowed, { methodArn }) {
  return allowed && !/[*?]/.test(methodArn) ? 'Allow' : 'Deny';
}

/** `x-user` becomes `$context.authorizer.x_user`, empty when the decision sets none. */
function identityOf(headers) {
  const names = (process.env.CHECK_BACKEND_HEADERS ?? 'x-user,x-user-roles').split(',');
  return Object.fromEntries(names.map((name) => [name.replaceAll('-', '_'), headers[name] ?? '']));
}
