import { expect, test } from 'vitest';
import { type RequestHead, readRequest } from '../../../src/kubernetes/proxy/read-request.js';

const rules = [
  { group: 'apps', version: 'v1', resource: 'deployments', verbs: ['get', 'list'] as const },
  { group: '', version: 'v1', resource: 'pods', verbs: ['get'] as const, namespaces: ['shop'] },
  { group: '', version: 'v1', resource: 'namespaces', verbs: ['get'] as const },
];

function ask(url: string, head: Partial<RequestHead> = {}) {
  return readRequest({ method: 'GET', url, headersDistinct: { host: ['localhost'] }, ...head }, rules);
}

const one = '/apis/apps/v1/namespaces/shop/deployments/web';

test.each([
  [one, one],
  ['/apis/apps/v1/deployments', '/apis/apps/v1/deployments'],
  ['/api/v1/namespaces/shop/pods/web-0', '/api/v1/namespaces/shop/pods/web-0'],
  ['/api/v1/namespaces/shop', '/api/v1/namespaces/shop'],
  [
    '/apis/apps/v1/deployments?labelSelector=app%3Dx,tier%3Dy',
    '/apis/apps/v1/deployments?labelSelector=app%3Dx%2Ctier%3Dy',
  ],
  ['/apis/apps/v1/deployments?', '/apis/apps/v1/deployments'],
  ['/apis/apps/v1/deployments?&limit=5', '/apis/apps/v1/deployments?limit=5'],
])('%s is passed on', (url, target) => {
  expect(ask(url)).toEqual({ ok: true, value: target });
});

test.each([
  ['a dot segment', '/apis/apps/v1/namespaces/shop/deployments/../secrets'],
  ['an encoded dot segment', '/apis/apps/v1/namespaces/shop/deployments/%2e%2e'],
  ['a dot segment as the name', '/apis/apps/v1/namespaces/shop/deployments/..'],
  ['an encoded slash', '/apis/apps/v1/namespaces/shop/deployments/web%2fscale'],
  ['an encoded letter', '/apis/apps/v1/namespaces/shop/deployments/we%62'],
  ['a doubled slash', '//apis/apps/v1/deployments'],
  ['a slash at the end', '/apis/apps/v1/deployments/'],
  ['a backslash', '/apis/apps/v1/deployments\\web'],
  ['a subresource', `${one}/scale`],
  ['a subresource of a resource without namespaces', '/api/v1/namespaces/shop/pods/web-0/log'],
  ['the old watch path', '/apis/apps/v1/watch/deployments'],
  ['a path of the API server itself', '/version'],
  ['its metrics', '/metrics'],
  ['its groups', '/apis'],
  ['a group', '/apis/apps/v1'],
  ['an absolute form', `http://localhost${one}`],
  ['an absolute form of another host', 'https://kubernetes.default.svc/api/v1/pods'],
  ['an authority form', 'localhost:443'],
  ['an asterisk', '*'],
  ['a path parameter', `${one};v=1`],
  ['nothing', ''],
])('%s is refused with 403: %s', (_case, url) => {
  expect(ask(url)).toMatchObject({ ok: false, error: { status: 403 } });
});

test.each([
  ['another resource', '/api/v1/namespaces/shop/secrets/x'],
  ['another group', '/apis/extensions/v1/namespaces/shop/deployments/web'],
  ['another version', '/apis/apps/v1beta1/namespaces/shop/deployments/web'],
  ['another namespace', '/api/v1/namespaces/kube-system/pods/web-0'],
  ['another verb', '/api/v1/namespaces/shop/pods'],
  ['the whole cluster where namespaces are named', '/api/v1/pods/web-0'],
  ['another case', '/apis/apps/v1/namespaces/shop/Deployments/web'],
])('E-15 %s than the rules name is refused', (_case, url) => {
  const answer = ask(url);
  expect(answer).toMatchObject({ ok: false, error: { status: 403 } });
});

test('the refusal says which rule is missing', () => {
  expect(ask('/api/v1/namespaces/shop/secrets/x')).toEqual({
    ok: false,
    error: { status: 403, message: 'kubernetes.proxy.allow has no rule for: get secrets in namespace shop' },
  });
});

test.each(['watch=true', 'watch=1', 'watch', 'dryRun=All', 'pretty=1', 'timeoutSeconds=3600', 'WATCH=1', 'w%61tch=1'])(
  'the query %s is refused',
  (query) => {
    expect(ask(`/apis/apps/v1/deployments?${query}`)).toMatchObject({ ok: false, error: { status: 400 } });
  },
);

test('a parameter that is there twice is refused, since two readers may take different ones', () => {
  const query = 'labelSelector=app%3Dx&labelSelector=app%3Dy';
  expect(ask(`/apis/apps/v1/deployments?${query}`)).toMatchObject({ ok: false, error: { status: 400 } });
});

test('what an escape in a value hides stays in the value', () => {
  const answer = ask('/apis/apps/v1/deployments?labelSelector=app%3Dx%26watch%3Dtrue%23');
  expect(answer).toEqual({ ok: true, value: '/apis/apps/v1/deployments?labelSelector=app%3Dx%26watch%3Dtrue%23' });
});

test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'get', undefined])(
  'the method %s is refused',
  (method) => {
    expect(ask(one, { method })).toMatchObject({ ok: false, error: { status: 405 } });
  },
);

test.each([
  ['no Host', {}],
  ['two of them', { host: ['localhost', 'evil.example'] }],
  ['a name that may be made to resolve to loopback', { host: ['rebind.evil.example'] }],
  ['a name that begins like ours', { host: ['localhost.evil.example'] }],
  ['a name with credentials', { host: ['localhost@evil.example'] }],
  ['a page', { host: ['127.0.0.1:8001'], origin: ['https://evil.example'] }],
  ['a page without an origin', { host: ['127.0.0.1:8001'], origin: ['null'] }],
  ['a picture of a page', { host: ['127.0.0.1:8001'], 'sec-fetch-site': ['cross-site'] }],
])('%s is refused', (_case, headersDistinct) => {
  expect(ask(one, { headersDistinct })).toMatchObject({ ok: false, error: { status: 403 } });
});

test.each(['localhost', 'localhost:8001', '127.0.0.1:8001', '[::1]:8001', 'LOCALHOST'])(
  'the Host %s is ours',
  (host) => {
    expect(ask(one, { headersDistinct: { host: [host] } })).toMatchObject({ ok: true });
  },
);

test.each([
  ['a body', { 'content-length': ['5'] }],
  ['a body of unknown length', { 'transfer-encoding': ['chunked'] }],
  ['an upgrade', { upgrade: ['websocket'], connection: ['upgrade'] }],
])('%s is refused', (_case, headers) => {
  const headersDistinct = { host: ['localhost'], ...headers };
  expect(ask(one, { headersDistinct })).toMatchObject({ ok: false, error: { status: 400 } });
});
