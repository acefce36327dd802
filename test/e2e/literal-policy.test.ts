import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectGrpc, type GrpcClient, type Message } from '../support/grpc-client.js';
import { sendRaw } from '../support/http.js';
import { repository } from '../support/portcullis-server.js';
import { type Stack, startStack } from '../support/stack.js';

// The policy of document A at its word, behind the real Envoy. It fails open: what it lets through for want of
// a method is what Portcullis must refuse by itself.

const literal = join(repository, 'test', 'fixtures', 'policies', 'literal', 'sample.rego');
const trustedHeaders = join(repository, 'envoy', 'gateway-trusted-header.yaml');

const shapes = [
  { shape: 'http-api', leading: true },
  { shape: 'http-api', leading: false },
] as const;

describe.each(['wasm', 'opa'] as const)('%s', (engine) => {
  describe.each(shapes)('shape $shape, leading empty segment $leading', ({ shape, leading }) => {
    let stack: Stack;
    beforeAll(async () => {
      stack = await startStack({
        engine,
        transport: 'tcp',
        policy: { rego: await readFile(literal, 'utf8'), entrypoints: ['sample/allow'] },
        config: {
          engine: { paths: [{ path: 'sample/allow', shape }] },
          input: { leading_empty_segment: leading },
          identity: { sources: [{ kind: 'trusted-header', underscore_alias: true, trusted_peers: ['127.0.0.1'] }] },
        },
        envoy: { config: trustedHeaders },
      });
    });
    afterAll(() => stack?.stop());

    const status = async (method: string, path: string, roles?: string) =>
      (await stack.send(path, { method, headers: roles === undefined ? {} : { USER_ROLES: roles } })).status;
    const users = '/v1/admin/users/t';

    test('A-05 authorization comes before routing: what is allowed and not there is 404', async () => {
      const found = await stack.send('/nope');
      expect(found.status).toBe(404);
      expect((await stack.sendForEcho('/nope')).path).toBe('/nope');
      expect(await status('POST', '/nope')).toBe(401);
    });

    test('A-20 A-21 A-22 a GET passes, a POST with the role alone', async () => {
      expect(await status('GET', users)).toBe(200);
      expect(await status('POST', users)).toBe(401);
      expect(await status('POST', users, 'ADMIN_ROLE')).toBe(200);
      expect(await status('POST', users, 'USER')).toBe(403);
    });

    test('A-23 A-44 blanks around a role do not count, unlike in the reference', async () => {
      expect(await status('POST', users, 'USER, ADMIN_ROLE')).toBe(200);
      expect(await status('POST', users, ' , ')).toBe(401);
    });

    test('A-24 A-25 A-26 A-27 "admin" is any segment, whole and in lower case', async () => {
      expect(await status('POST', '/v1/users/t', 'ADMIN_ROLE')).toBe(403);
      expect(await status('POST', '/v1/users/admin', 'ADMIN_ROLE')).toBe(404);
      expect(await status('POST', '/v1/administrator', 'ADMIN_ROLE')).toBe(403);
      expect(await status('POST', '/v1/ADMIN', 'ADMIN_ROLE')).toBe(403);
    });

    test('A-28 every method but POST passes', async () => {
      for (const method of ['PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']) {
        expect(await status(method, users), method).toBe(404);
      }
    });

    test('A-29 A-46 a method in lower case reaches the policy as it was sent, and so passes', async () => {
      const answer = await sendRaw(stack.url, `post ${users} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
      // Envoy, the policy or the backend says no; a 200 would mean that the backend took it for a POST.
      expect([400, 404]).toContain(answer.status);
    });
  });

  describe('asked by gRPC, as no Envoy asks', () => {
    let stack: Stack;
    let grpc: GrpcClient;
    beforeAll(async () => {
      stack = await startStack({
        engine,
        transport: 'tcp',
        policy: { rego: await readFile(literal, 'utf8'), entrypoints: ['sample/allow'] },
        config: { engine: { paths: [{ path: 'sample/allow', shape: 'http-api' }] } },
      });
      grpc = connectGrpc(stack.portcullis.grpcAddress);
    });
    afterAll(async () => {
      grpc?.close();
      await stack?.stop();
    });

    const request = (http: Message) => ({ attributes: { request: { http } } });

    test('A-20 the policy allows, so that a denial below is ours', async () => {
      const { status } = await grpc.check(request({ method: 'GET', path: '/v1/admin/users/t' }));
      expect(status).toEqual({});
    });

    test.each<[string, Message]>([
      ['A-30 no method', request({ path: '/v1/admin/users/t' })],
      ['A-30 an empty method', request({ method: '', path: '/v1/admin/users/t' })],
      ['A-31 an empty CheckRequest', {}],
      ['A-31 empty attributes', { attributes: {} }],
      ['A-31 a request without HTTP', { attributes: { request: {} } }],
      ['A-31 a connection without a request', { attributes: { source: {}, destination: {} } }],
    ])('%s is never an allow, though the policy would', async (_case, message) => {
      expect(await grpc.check(message)).toMatchObject({
        status: { code: 7 },
        denied_response: { status: { code: 'BadRequest' } },
      });
    });
  });

  describe('the leading empty segment', () => {
    const rego = 'package sample\n\nallow if input.path == ["", "v1", "admin", "users", "t"]\n';

    test.each([
      [true, 200],
      [false, 403],
    ])('A-41 with leading_empty_segment %s, a policy that expects it answers %i', async (leading, expected) => {
      const stack = await startStack({
        engine,
        transport: 'tcp',
        policy: { rego, entrypoints: ['sample/allow'] },
        config: {
          engine: { paths: [{ path: 'sample/allow', shape: 'http-api' }] },
          input: { leading_empty_segment: leading },
          identity: { sources: [] },
        },
      });
      try {
        expect((await stack.send('/v1/admin/users/t')).status).toBe(expected);
        expect((await stack.send('/v1/admin/users/u')).status).toBe(403);
      } finally {
        await stack.stop();
      }
    });
  });
});
