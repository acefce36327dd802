import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { EnvoyConfig } from '../../../scripts/demo/envoy-config.js';
import { type Authority, type Credential, createAuthority } from '../../support/certificates.js';
import { eventually } from '../../support/eventually.js';
import type { Message } from '../../support/grpc-client.js';
import { repository } from '../../support/portcullis-server.js';
import { type Stack, startStack } from '../../support/stack.js';
import { client, outcome, readUser, writeUser } from './check-call.js';
import { heldEngine, patient, startHeldOpa } from './held-opa.js';
import { folder, serve, serveWithoutFile } from './serve.js';

const service = 'envoy.service.auth.v3.Authorization';
const reflectionService = 'grpc.reflection.v1.ServerReflection';
const unavailable = 'grpc 14';

describe('TLS', () => {
  const authority = createAuthority('Test authority');
  const trusting = (ca: Authority, own?: Credential) =>
    own === undefined
      ? credentials.createSsl(Buffer.from(ca.cert))
      : credentials.createSsl(Buffer.from(ca.cert), Buffer.from(own.key), Buffer.from(own.cert));

  async function tlsFiles() {
    const place = await folder();
    const issued = authority.issue('portcullis');
    const files = { cert: join(place, 'tls.crt'), key: join(place, 'tls.key') };
    const clientCa = join(place, 'ca.crt');
    await Promise.all([
      writeFile(files.cert, issued.cert),
      writeFile(files.key, issued.key),
      writeFile(clientCa, authority.cert),
    ]);
    return { files, clientCa };
  }

  test('with grpc.tls checks are answered over TLS alone, to who trusts the authority', async () => {
    const { files } = await tlsFiles();
    const { grpcAddress } = await serve({ config: { grpc: { tls: files } } });
    const grpc = client(grpcAddress, trusting(authority));
    expect([await outcome(grpc, readUser), await outcome(grpc, writeUser)]).toEqual(['allow', 'deny Forbidden']);
    expect(await grpc.health(service)).toBe('SERVING');
    expect(await outcome(client(grpcAddress), readUser)).toBe(unavailable);
    expect(await outcome(client(grpcAddress, trusting(createAuthority('Other'))), readUser)).toBe(unavailable);
  });

  test('with client_ca only a client with a certificate of that authority is served', async () => {
    const { files, clientCa } = await tlsFiles();
    const { grpcAddress } = await serve({ config: { grpc: { tls: { ...files, client_ca: clientCa } } } });
    const other = createAuthority('Other').issue('envoy');
    const as = (own?: Credential) => outcome(client(grpcAddress, trusting(authority, own)), readUser);
    expect(await as(authority.issue('envoy'))).toBe('allow');
    expect(await as()).toBe(unavailable);
    expect(await as(other)).toBe(unavailable);
  });

  test('A-04 is not ready before Envoy can reach it, though the policy is loaded', async () => {
    const place = await folder();
    const { files } = await tlsFiles();
    const key = join(place, 'late.key');
    execFileSync('mkfifo', [key]);
    const { adminUrl, grpcAddress } = await serveWithoutFile({
      PORTCULLIS_GRPC_TLS_CERT: files.cert,
      PORTCULLIS_GRPC_TLS_KEY: key,
    });
    const readyz = async () => (await fetch(`${adminUrl}/readyz`)).text();
    expect(await readyz()).toBe('starting\n');
    await writeFile(key, await readFile(files.key));
    await eventually(async () => expect(await readyz()).toBe('ready\n'));
    expect(await outcome(client(grpcAddress, trusting(authority)), readUser)).toBe('allow');
  });

  test('F-02 Envoy asks over mutual TLS; with a certificate of another authority it gets no answer', async () => {
    const { files, clientCa } = await tlsFiles();
    const statuses = async (envoy: Credential) => {
      const own = { cert: join(await folder(), 'envoy.crt'), key: join(await folder(), 'envoy.key') };
      await Promise.all([writeFile(own.cert, envoy.cert), writeFile(own.key, envoy.key)]);
      const stack = await startStack({
        engine: 'wasm',
        transport: 'tcp',
        config: { grpc: { tls: { ...files, client_ca: clientCa } } },
        envoy: { change: (config) => askOverTls(config, own, clientCa) },
      });
      onTestFinished(() => stack.stop());
      const found = [(await stack.send('/cars')).status, (await stack.send('/trucks')).status];
      const stats = await eventually(async () => {
        const { success, failure } = await healthChecks(stack);
        expect(success + failure).toBeGreaterThan(0);
        return { success, failure };
      });
      return { found, healthy: stats.success > 0 && stats.failure === 0 };
    };
    expect(await statuses(authority.issue('envoy'))).toEqual({ found: [200, 401], healthy: true });
    expect(await statuses(createAuthority('Other').issue('envoy'))).toEqual({ found: [503, 503], healthy: false });
  });
});

async function healthChecks({ envoy }: Stack): Promise<{ success: number; failure: number }> {
  const stats = await envoy.stats(/^cluster\.portcullis\.health_check\./);
  const count = (name: string) => stats[`cluster.portcullis.health_check.${name}`] ?? 0;
  return { success: count('success'), failure: count('failure') };
}

function askOverTls(config: EnvoyConfig, own: { cert: string; key: string }, authority: string): void {
  const cluster = config.static_resources.clusters?.find(({ name }) => name === 'portcullis');
  if (cluster === undefined) throw new Error('no cluster portcullis');
  const { health_checks: healthChecks } = cluster as unknown as { health_checks: object[] };
  Object.assign(cluster, {
    // Envoy's health check negotiates no protocol by itself, and without h2 a connection serves no gRPC.
    health_checks: healthChecks.map((check) => ({ ...check, tls_options: { alpn_protocols: ['h2'] } })),
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        sni: 'localhost',
        common_tls_context: {
          tls_certificates: [{ certificate_chain: { filename: own.cert }, private_key: { filename: own.key } }],
          validation_context: { trusted_ca: { filename: authority } },
        },
      },
    },
  });
}

describe('health', () => {
  test('is told for the server, for the service, and for no other', async () => {
    const { grpcAddress } = await serve();
    const grpc = client(grpcAddress);
    expect(await grpc.health()).toBe('SERVING');
    expect(await grpc.health(service)).toBe('SERVING');
    await expect(grpc.health('envoy.service.auth.v2.Authorization')).rejects.toMatchObject({ code: 5 });
  });
});

describe('reflection', () => {
  test('is off', async () => {
    const { grpcAddress } = await serve();
    await expect(listServices(grpcAddress)).rejects.toMatchObject({ code: 12 });
  });

  test('lists the services when it is switched on', async () => {
    const { grpcAddress } = await serve({ config: { grpc: { reflection: true } } });
    expect(await listServices(grpcAddress)).toEqual(expect.arrayContaining([service, 'grpc.health.v1.Health']));
  });
});

test('one check more than grpc.max_concurrent_checks is RESOURCE_EXHAUSTED at once, and counted', async () => {
  const opa = await startHeldOpa();
  const portcullis = await serve({ config: { grpc: { max_concurrent_checks: 2 }, engine: heldEngine(opa) } });
  const grpc = client(portcullis.grpcAddress);
  const admitted = [outcome(grpc, readUser, patient), outcome(grpc, readUser, patient)];
  await eventually(() => expect(opa.asked()).toBe(2));
  expect(await outcome(grpc, readUser, patient)).toBe('grpc 8');
  expect(opa.asked()).toBe(2);
  const metrics = await portcullis.metrics();
  expect(metrics).toMatch(/^portcullis_checks_total\{outcome="error",reason="engine_overloaded"\} 1$/m);
  expect(metrics).toMatch(/^portcullis_checks_in_flight 2$/m);
  opa.release();
  expect(await Promise.all(admitted)).toEqual(['allow', 'allow']);
  const next = outcome(grpc, readUser, patient);
  await eventually(() => expect(opa.asked()).toBe(3));
  opa.release();
  expect(await next).toBe('allow');
});

test('a message above grpc.max_message_size is not read', async () => {
  const { grpcAddress } = await serve({ config: { grpc: { max_message_size: '1KiB' } } });
  const grpc = client(grpcAddress);
  const large = { method: 'GET', path: '/v1/admin/users/t', headers: { x: 'y'.repeat(2048) } };
  expect(await outcome(grpc, { attributes: { request: { http: large } } })).toBe('grpc 8');
  expect(await outcome(grpc, readUser)).toBe('allow');
});

async function listServices(address: string): Promise<unknown[]> {
  const definitions = loadSync('grpc/reflection/v1/reflection.proto', {
    includeDirs: [join(repository, 'protos')],
    keepCase: true,
  });
  const method = (definitions[reflectionService] as unknown as Record<string, MethodDefinition<Message, Message>>)[
    'ServerReflectionInfo'
  ];
  if (method === undefined) throw new Error('no reflection method');
  const connected = new Client(address, credentials.createInsecure());
  onTestFinished(() => connected.close());
  const stream = connected.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize);
  stream.end({ list_services: '' });
  for await (const message of stream) {
    const { service: services } = (message as Message)['list_services_response'] as { service: { name: string }[] };
    return services.map(({ name }) => name);
  }
  throw new Error('no answer');
}
