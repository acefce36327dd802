import { chmod, rename, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseListenAddress } from '../../../src/config/address.js';
import { ApiClient, type ApiFailure } from '../../../src/kubernetes/api/api-client.js';
import { TokenFile } from '../../../src/kubernetes/api/token-file.js';
import { createProxy, type ProxyOutcome } from '../../../src/kubernetes/proxy/proxy.js';
import { listen } from '../../../src/server/listen.js';
import { createAuthority } from '../../support/certificates.js';
import { folder } from '../serve/serve.js';
import { type FaultyApiServer, json, startFaultyApiServer } from './api-server.js';

const web = '/apis/apps/v1/namespaces/shop/deployments/web';
const object = { kind: 'Deployment', metadata: { name: 'web' } };

interface Setting {
  readonly at?: string;
  readonly ca?: string;
  readonly timeout?: number;
  readonly maxRequests?: number;
}

async function startProxy(server: FaultyApiServer, setting: Setting = {}) {
  const tokenFile = join(await folder(), 'token');
  await writeFile(tokenFile, 'first-token\n');
  const api = new ApiClient({
    url: server.url,
    ca: setting.ca ?? server.ca,
    token: new TokenFile(tokenFile),
    timeout: setting.timeout ?? 15_000,
    maxResponseSize: 64 * 1024,
  });
  const counted: ProxyOutcome[] = [];
  const failures: ApiFailure[] = [];
  const proxy = createProxy({
    api,
    allow: [{ group: 'apps', version: 'v1', resource: 'deployments', verbs: ['get', 'list'] }],
    maxRequests: setting.maxRequests ?? 8,
    listen: (opened) => {
      const address = parseListenAddress(setting.at ?? '127.0.0.1:0');
      if (!address.ok) throw new Error(address.error);
      return listen(opened, address.value);
    },
    count: (outcome) => counted.push(outcome),
    onFailure: (failure) => failures.push(failure),
  });
  const address = await proxy.listen();
  onTestFinished(async () => void (await Promise.all([proxy.close(), api.close()])));
  const get = (path = web, init: RequestInit = {}) => fetch(`http://${address}${path}`, init);
  return { address, counted, failures, get, tokenFile };
}

/** What comes back for bytes that no client of ours would send, until the connection ends. */
function raw(address: string, text: string): Promise<string> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ host, port: Number(port) }, () => socket.write(text));
    socket.setEncoding('utf8').on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

test('E-13 what is allowed is asked with the token of the file, and of what the client said nothing else goes along', async () => {
  const server = await startFaultyApiServer((_request, response) => json(response, 200, object));
  const { get } = await startProxy(server);
  const headers = {
    authorization: 'Bearer of-the-client',
    'impersonate-user': 'admin',
    cookie: 'a=b',
    'x-any': 'thing',
  };
  const answer = await get(`${web}?resourceVersion=0`, { headers });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual(object);
  const [asked] = server.seen;
  expect(asked?.url).toBe(`${web}?resourceVersion=0`);
  expect(asked?.headers).toEqual({
    accept: 'application/json',
    authorization: 'Bearer first-token',
    connection: 'keep-alive',
    host: new URL(server.url).host,
  });
});

test('E-13 a renewed token is used from the next request on', async () => {
  const server = await startFaultyApiServer((_request, response) => json(response, 200, object));
  const { get, tokenFile } = await startProxy(server);
  await get();
  // As the kubelet does it: another file in its place.
  await writeFile(`${tokenFile}.next`, 'second-token');
  await rename(`${tokenFile}.next`, tokenFile);
  await get();
  expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer first-token',
    'Bearer second-token',
  ]);
});

test.each([
  ['is gone', (file: string) => rename(file, `${file}.gone`)],
  ['is empty', (file: string) => writeFile(file, '')],
  ['would end the header', (file: string) => writeFile(file, 'token\r\nimpersonate-user: admin')],
])('a token that %s is not sent', async (_case, change) => {
  const server = await startFaultyApiServer((_request, response) => json(response, 200, object));
  const { failures, get, tokenFile } = await startProxy(server);
  await change(tokenFile);
  const answer = await get();
  expect(answer.status).toBe(500);
  expect(await answer.json()).toMatchObject({ kind: 'Status', reason: 'InternalError' });
  expect(failures).toMatchObject([{ kind: 'no_token' }]);
  expect(server.seen).toEqual([]);
});

test.each([401, 403, 404, 410, 429, 500, 503])(
  'E-15 status %d of the API server is passed on with its body',
  async (status) => {
    const body = { kind: 'Status', code: status, message: 'says the API server' };
    const server = await startFaultyApiServer((_request, response) => json(response, status, body));
    const { counted, get } = await startProxy(server);
    const answer = await get();
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual(body);
    expect(counted).toEqual(['answered']);
  },
);

test('headers of the API server are not passed on', async () => {
  const server = await startFaultyApiServer((_request, response) => {
    response.setHeader('set-cookie', 'session=1').setHeader('access-control-allow-origin', '*');
    json(response, 200, object);
  });
  const { get } = await startProxy(server);
  const { headers } = await get();
  expect([...headers.keys()].sort()).toEqual([
    'cache-control',
    'connection',
    'content-length',
    'content-type',
    'date',
    'keep-alive',
    'x-content-type-options',
  ]);
});

test('a redirect is not followed: the token would go wherever it leads', async () => {
  const other = await startFaultyApiServer((_request, response) => json(response, 200, object));
  const server = await startFaultyApiServer((_request, response) => {
    response.writeHead(307, { location: `${other.url}${web}` }).end();
  });
  const { failures, get } = await startProxy(server);
  const answer = await get(web, { redirect: 'manual' });
  expect(answer.status).toBe(502);
  expect(answer.headers.get('location')).toBeNull();
  expect(failures).toMatchObject([{ kind: 'redirect' }]);
  expect(other.seen).toEqual([]);
});

test('E-20 an API server that does not answer is given up at the deadline', async () => {
  const server = await startFaultyApiServer(() => undefined);
  const { failures, get } = await startProxy(server, { timeout: 150 });
  expect((await get()).status).toBe(504);
  expect(failures).toEqual([{ kind: 'timeout', message: 'no answer within 150 ms' }]);
});

test('E-20 so is one that answers drop by drop', async () => {
  const server = await startFaultyApiServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  });
  const { get } = await startProxy(server, { timeout: 300 });
  expect((await get()).status).toBe(504);
});

test('an answer beyond the limit is not kept', async () => {
  const server = await startFaultyApiServer((_request, response) => json(response, 200, 'x'.repeat(70_000)));
  const { failures, get } = await startProxy(server);
  expect((await get()).status).toBe(500);
  expect(failures).toMatchObject([{ kind: 'too_large' }]);
});

test('an answer that is not JSON is none', async () => {
  const server = await startFaultyApiServer((_request, response) => void response.end('<html>hello</html>'));
  const { get } = await startProxy(server);
  expect((await get()).status).toBe(502);
});

test('a server of another authority is not asked, and does not see the token', async () => {
  const server = await startFaultyApiServer((_request, response) => json(response, 200, object));
  const { failures, get } = await startProxy(server, { ca: createAuthority('another').cert });
  expect((await get()).status).toBe(502);
  expect(failures).toMatchObject([{ kind: 'unreachable' }]);
  expect(server.seen).toEqual([]);
});

test('an API server that is down is unreachable, and asked again when it is back', async () => {
  const server = await startFaultyApiServer((_request, response) => json(response, 200, object));
  const { get } = await startProxy(server);
  expect((await get()).status).toBe(200);
  await server.stop();
  const down = await get();
  expect(down.status).toBe(502);
  expect(await down.json()).toMatchObject({ message: 'portcullis: the API server cannot be reached' });
  await server.restart();
  expect((await get()).status).toBe(200);
});

test('one request more than may be under way is answered 429 at once', async () => {
  let release = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    release = resolve;
  });
  let answerFirst = (): void => undefined;
  const server = await startFaultyApiServer((_request, response) => {
    answerFirst = () => json(response, 200, object);
    release();
  });
  const { get } = await startProxy(server, { maxRequests: 1 });
  const first = get();
  await asked;
  expect((await get()).status).toBe(429);
  answerFirst();
  expect((await first).status).toBe(200);
});

test.each([
  [
    'two requests in one',
    `GET ${web} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 44\r\n\r\nGET /api/v1/secrets HTTP/1.1\r\nHost: x\r\n\r\n\r\n`,
    '400',
  ],
  [
    'a length and chunks',
    `GET ${web} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    '400',
  ],
  ['a folded header', `GET ${web} HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\r\nConnection: close\r\n\r\n`, ''],
  ['two hosts', `GET ${web} HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n`, '403'],
  ['no host', `GET ${web} HTTP/1.1\r\nConnection: close\r\n\r\n`, '400'],
  ['an absolute form', `GET http://localhost${web} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, '403'],
  ['an upgrade', `GET ${web} HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n`, '400'],
  [
    'an upgrade to HTTP/2',
    `GET ${web} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    '400',
  ],
  ['a tunnel', 'CONNECT kubernetes.default.svc:443 HTTP/1.1\r\nHost: localhost\r\n\r\n', ''],
  ['a bare line feed', `GET ${web} HTTP/1.1\nHost: localhost\nX: y\n\n`, ''],
])('raw bytes: %s is not passed on as more than one harmless request', async (_case, text, status) => {
  const server = await startFaultyApiServer((_request, response) => json(response, 200, object));
  const { address } = await startProxy(server);
  const answer = await raw(address, text);
  if (status !== '') {
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(server.seen).toEqual([]);
  }
  expect(answer.match(/HTTP\/1\.1 /g)?.length ?? 0).toBeLessThanOrEqual(1);
  expect(server.seen.map(({ url }) => url).filter((url) => url !== web)).toEqual([]);
});

test('a Unix socket serves those whom its mode lets in', async () => {
  const path = join(await folder(), 'k.sock');
  const server = await startFaultyApiServer((_request, response) => json(response, 200, object));
  await startProxy(server, { at: `unix://${path}` });
  expect((await stat(path)).mode & 0o777).toBe(0o660);
  await chmod(path, 0o600);
  const status = await new Promise((resolve, reject) => {
    request({ socketPath: path, path: web, headers: { host: 'localhost' }, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(200);
});
