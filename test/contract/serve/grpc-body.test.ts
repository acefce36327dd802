import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import type { GrpcClient, Message } from '../../support/grpc-client.js';
import { buildBundle } from '../../support/policy-bundle.js';
import { type ConfigFile, repository } from '../../support/portcullis-server.js';
import { freeAddress } from '../../support/ports.js';
import { client, httpCheck } from './check-call.js';
import { attemptToServe, folder, serve } from './serve.js';

const descriptors = join(repository, 'test', 'fixtures', 'grpc-bodies', 'descriptors.binpb');

/** `{title: "Faust", isbn: 5}` in one gRPC frame. */
const order = Buffer.from('0a0546617573741005', 'hex');
const frame = (message: Uint8Array, flag = 0) => Buffer.concat([Buffer.of(flag, 0, 0, 0, message.length), message]);

const call = (body: Uint8Array, headers: Record<string, string> = {}): Message =>
  httpCheck({
    method: 'POST',
    path: '/bookshop.v1.Shop/Order',
    headers: { 'content-type': 'application/grpc', ...headers },
    raw_body: body,
  });

async function engine(): Promise<ConfigFile> {
  const rego = `package envoy.authz

allow := {"allowed": false, "body": json.marshal([input.parsed_body, input.truncated_body])}
`;
  return { wasm: { bundle: await buildBundle({ rego, entrypoints: ['envoy/authz/allow'] }) } };
}

/** What the policy saw, or the status of the refusal. */
async function seen(grpc: GrpcClient, request: Message): Promise<unknown> {
  const { denied_response: denied } = (await grpc.check(request)) as { denied_response?: Message };
  const { body, status } = denied as { body?: string; status?: { code?: string } };
  return body?.startsWith('[') ? JSON.parse(body) : status?.code;
}

describe.each(['none', 'opa-envoy-plugin'] as const)('compatibility %s', (compatibility) => {
  test('gRPC bodies reach the policy as protobuf JSON', async () => {
    const config = { compatibility, engine: await engine(), input: { grpc: { descriptors } } };
    const grpc = client((await serve({ config })).grpcAddress);
    expect(await seen(grpc, call(frame(order)))).toEqual([{ title: 'Faust', isbn: '5' }, false]);
    expect(await seen(grpc, call(frame(order).subarray(0, -1)))).toEqual([null, true]);
    expect(await seen(grpc, call(Buffer.alloc(4)))).toBe('BadRequest');
    expect(await seen(grpc, call(frame(Buffer.from('plain'))))).toBe('BadRequest');

    const compressed = call(frame(gzipSync(order), 1), { 'grpc-encoding': 'gzip' });
    const expected = compatibility === 'none' ? [{ title: 'Faust', isbn: '5' }, false] : [null, false];
    expect(await seen(grpc, compressed)).toEqual(expected);
  });
});

test('a message over input.grpc.max_decompressed_size is refused', async () => {
  const input = { grpc: { descriptors, max_decompressed_size: '1KiB' } };
  const grpc = client((await serve({ config: { engine: await engine(), input } })).grpcAddress);
  const bomb = gzipSync(Buffer.alloc(1_000_000));
  const body = Buffer.concat([Buffer.of(1, 0, 0, bomb.length >> 8, bomb.length & 0xff), bomb]);
  expect(await seen(grpc, call(body, { 'grpc-encoding': 'gzip' }))).toBe('BadRequest');
});

test('without descriptors gRPC bodies are null', async () => {
  const grpc = client((await serve({ config: { engine: await engine() } })).grpcAddress);
  expect(await seen(grpc, call(frame(order)))).toEqual([null, false]);
});

test('SIGHUP reads the descriptors again; bad ones leave the old ones in force', async () => {
  const file = join(await folder(), 'descriptors.binpb');
  const good = await readFile(descriptors);
  await writeFile(file, good);
  const portcullis = await serve({ config: { engine: await engine(), input: { grpc: { descriptors: file } } } });
  const grpc = client(portcullis.grpcAddress);

  const messages = () => portcullis.logs().map(({ msg }) => msg);
  const reload = async (outcome: RegExp) => {
    const before = messages().length;
    portcullis.signal('SIGHUP');
    await eventually(() => expect(messages().slice(before).join('\n')).toMatch(outcome));
  };

  await writeFile(file, 'syntax = "proto3";');
  await reload(/refused/);
  expect(JSON.stringify(portcullis.logs())).toContain(
    `input.grpc.descriptors: ${file} is not a usable FileDescriptorSet`,
  );
  expect(await seen(grpc, call(frame(order)))).toEqual([{ title: 'Faust', isbn: '5' }, false]);

  // The same length, so that the set stays well-formed.
  await writeFile(file, Buffer.from(good.toString('latin1').replaceAll('title', 'tutle'), 'latin1'));
  await reload(/configuration read again/);
  expect(await seen(grpc, call(frame(order)))).toEqual([{ tutle: 'Faust', isbn: '5' }, false]);
});

describe('descriptors that cannot be used end it before anything listens', () => {
  test.each([
    ['missing', undefined, /config_unreadable: input\.grpc\.descriptors: .*descriptors\.binpb cannot be read: ENOENT/],
    [
      'malformed',
      '{}',
      /config_invalid: input\.grpc\.descriptors: .*descriptors\.binpb is not a usable FileDescriptorSet/,
    ],
  ])('%s', async (_, content, expected) => {
    const file = join(await folder(), 'descriptors.binpb');
    if (content !== undefined) await writeFile(file, content);
    const [grpc, admin] = [await freeAddress(), await freeAddress()];
    const config = { grpc: { address: grpc }, admin: { address: admin }, input: { grpc: { descriptors: file } } };
    const attempt = await attemptToServe(config, [grpc, admin]);
    expect(attempt).toMatchObject({ code: 1, opened: [], stderr: expect.stringMatching(expected) });
  });
});
