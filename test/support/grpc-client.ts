import { join } from 'node:path';
import { type ChannelCredentials, Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';
import { repository } from './portcullis-server.js';

export type Message = Readonly<Record<string, unknown>>;

const services = loadSync(['envoy/service/auth/v3/external_auth.proto', 'grpc/health/v1/health.proto'], {
  includeDirs: [join(repository, 'protos')],
  keepCase: true,
  longs: String,
  enums: String,
  oneofs: true,
});

export interface CallOptions {
  /** Milliseconds. */
  readonly timeout?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface GrpcClient {
  /** `Authorization/Check`; rejects with a ServiceError, whose `code` is the gRPC status. */
  check(request: Message, options?: CallOptions): Promise<Message>;
  /** `Health/Check`: its `status`, such as `SERVING`. */
  health(service?: string): Promise<unknown>;
  /** `Health/Watch`: each status as it comes. */
  watchHealth(service?: string): AsyncIterable<unknown>;
  close(): void;
}

/** Asks Portcullis as Envoy does, without Envoy. Messages have the field names of the protos. */
export function connectGrpc(address: string, channel: ChannelCredentials = credentials.createInsecure()): GrpcClient {
  const client = new Client(address, channel);
  const check = method('envoy.service.auth.v3.Authorization', 'Check');
  const health = method('grpc.health.v1.Health', 'Check');
  const watch = method('grpc.health.v1.Health', 'Watch');
  return {
    check: (request, options = {}) => unary(client, check, request, options),
    health: async (service = '') => (await unary(client, health, { service }, {}))['status'],
    watchHealth: (service = '') => statuses(client, watch, service),
    close: () => client.close(),
  };
}

type Method = MethodDefinition<Message, Message>;

function method(service: string, name: string): Method {
  return (services[service] as unknown as Record<string, Method>)[name] as Method;
}

function unary(
  client: Client,
  { path, requestSerialize, responseDeserialize }: Method,
  request: Message,
  options: CallOptions,
) {
  return new Promise<Message>((resolve, reject) => {
    const done = (error: ServiceError | null, response?: Message) => (error ? reject(error) : resolve(response ?? {}));
    const { timeout = 5_000, signal } = options;
    const metadata = metadataOf(options.metadata ?? {});
    const deadline = { deadline: Date.now() + timeout };
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
      deadline,
      done,
    );
    signal?.addEventListener('abort', () => call.cancel(), { once: true });
  });
}

async function* statuses(client: Client, { path, requestSerialize, responseDeserialize }: Method, service: string) {
  const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service });
  try {
    for await (const message of stream) yield (message as Message)['status'];
  } finally {
    stream.cancel();
  }
}

function metadataOf(entries: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
  return metadata;
}
