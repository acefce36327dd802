import { type Client, type ClientReadableStream, status } from '@grpc/grpc-js';
import type { ServiceDefinition } from '@grpc/proto-loader';
import { expect, onTestFinished, test } from 'vitest';
import { loadPackageDefinition } from '../../../src/envoy/service-definition.js';
import { authorizationService } from '../../../src/envoy/service-names.js';
import { failOnLeaks } from './leaks.js';
import { describeServers, startServer } from './start-server.js';
import { until } from './until.js';

failOnLeaks();

const definition = loadPackageDefinition();
const service = definition['grpc.health.v1.Health'] as ServiceDefinition;

function method(definition: ServiceDefinition, name: string) {
  const found = definition[name];
  if (found === undefined) throw new Error(`no method ${name}`);
  return found;
}

function check(client: Client, name: string): Promise<string> {
  const { path, requestSerialize, responseDeserialize } = method(service, 'Check');
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service: name }, (error, response) => {
      resolve(error === null ? (response as { status: string }).status : String(error.code));
    });
  });
}

function watch(client: Client, name: string): { seen: string[]; stream: ClientReadableStream<unknown> } {
  const { path, requestSerialize, responseDeserialize } = method(service, 'Watch');
  const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service: name });
  const seen: string[] = [];
  stream.on('data', (message: { status: string }) => seen.push(message.status));
  stream.on('end', () => seen.push('end'));
  stream.on('error', () => {});
  onTestFinished(() => stream.cancel());
  return { seen, stream };
}

function listServices(client: Client): Promise<string[]> {
  const reflection = definition['grpc.reflection.v1.ServerReflection'] as ServiceDefinition;
  const { path, requestSerialize, responseDeserialize } = method(reflection, 'ServerReflectionInfo');
  const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  return new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.on('data', (message: { list_services_response: { service: { name: string }[] } }) => {
      resolve(message.list_services_response.service.map(({ name }) => name));
      stream.end();
    });
    stream.write({ list_services: '*' });
  });
}

describeServers((startServer) => {
  test.each(['', authorizationService])('A-04 health of "%s" follows the engine and the drain', async (name) => {
    const { client, engine, readiness } = await startServer(undefined, { ready: false });
    const { grpc } = client();
    expect(await check(grpc, name)).toBe('NOT_SERVING');
    engine.set(true);
    expect(await check(grpc, name)).toBe('SERVING');
    engine.set(false);
    expect(await check(grpc, name)).toBe('NOT_SERVING');
    engine.set(true);
    readiness.drain();
    expect(await check(grpc, name)).toBe('NOT_SERVING');
    engine.set(false);
    engine.set(true);
    expect(await check(grpc, name)).toBe('NOT_SERVING');
  });

  test('health of an unknown service is NOT_FOUND', async () => {
    const { client } = await startServer();
    expect(await check(client().grpc, 'other')).toBe(String(status.NOT_FOUND));
  });

  test('Watch tells each change, and ends when the server stops so that it does not hold up the stop', async () => {
    const { client, engine, server, readiness } = await startServer(undefined, { ready: false });
    const { seen } = watch(client().grpc, authorizationService);
    await until(() => seen.length === 1);
    engine.set(true);
    await until(() => seen.length === 2);
    readiness.drain();
    await server.stop();
    await until(() => seen.length === 4);
    expect(seen).toEqual(['NOT_SERVING', 'SERVING', 'NOT_SERVING', 'end']);
  });

  test('Watch of an unknown service says so and stays open', async () => {
    const { client } = await startServer();
    const { seen } = watch(client().grpc, 'other');
    await until(() => seen.length === 1);
    expect(seen).toEqual(['SERVICE_UNKNOWN']);
  });

  test('List tells the status of every service', async () => {
    const { client, engine } = await startServer();
    const { path, requestSerialize, responseDeserialize } = method(service, 'List');
    const list = () =>
      new Promise((resolve, reject) => {
        client().grpc.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, (error, response) =>
          error === null ? resolve(response) : reject(error),
        );
      });
    for (const status of ['SERVING', 'NOT_SERVING']) {
      engine.set(status === 'SERVING');
      const statuses = { '': { status }, [authorizationService]: { status } };
      expect(await list()).toMatchObject({ statuses });
    }
  });

  test('Watch ends with its deadline', async () => {
    const { client } = await startServer();
    const { path, requestSerialize, responseDeserialize } = method(service, 'Watch');
    const options = { deadline: Date.now() + 60 };
    const stream = client().grpc.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {}, options);
    const seen: unknown[] = [];
    stream.on('data', (message) => seen.push(message));
    const error = await new Promise((resolve) => stream.on('error', resolve));
    expect(error).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect(seen).toEqual([{ status: 'SERVING' }]);
  });

  test('reflection lists the services when it is switched on', async () => {
    const { client } = await startServer(undefined, { reflection: true });
    expect(await listServices(client().grpc)).toEqual(
      expect.arrayContaining([authorizationService, 'grpc.health.v1.Health']),
    );
  });
});

test('http2: a malformed question about health is INTERNAL', async () => {
  const { client } = await startServer(undefined, { server: 'http2' });
  for (const name of ['Check', 'Watch']) {
    const { path } = method(service, name);
    const reply = await client().call(Buffer.of(0x0a, 5), { path }).reply;
    expect(reply).toMatchObject({ code: status.INTERNAL });
  }
});
