import { join } from 'node:path';
import {
  type ChannelOptions,
  Client,
  compressionAlgorithms,
  credentials,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServiceDefinition,
  type ServiceError,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { repository } from '../support/portcullis-server.js';
import { type Stack, startStack } from '../support/stack.js';
import { gatewayOf } from './matrix/support/gateway.js';

interface Order {
  readonly title?: string;
  readonly isbn?: string;
  readonly copies?: number;
}

interface Reply {
  readonly seen: string;
}

const fixtures = join(repository, 'test', 'fixtures', 'grpc-bodies');
const shop = loadSync(join(fixtures, 'bookshop.proto'), { longs: String })['bookshop.v1.Shop'] as ServiceDefinition;
const method = (name: string) => shop[name] as unknown as MethodDefinition<Order, Reply>;

const policy = {
  entrypoints: ['envoy/authz/allow'],
  rego: `package envoy.authz

allow if {
	input.parsed_path[1] == "Order"
	input.parsed_body.copies <= 3
}

# Whoever may begin a stream may send it all: one message of it is all that a policy sees.
allow if {
	input.parsed_path[1] == "Upload"
	input.parsed_body.title == "Faust"
}
`,
} as const;

/** Answers with the titles that it got. */
async function startShop() {
  const server = new Server();
  server.addService(shop, {
    Order: ({ request }: ServerUnaryCall<Order, Reply>, reply: sendUnaryData<Reply>) =>
      reply(null, { seen: `${request.title} ${request.isbn}` }),
    Upload: async (call: ServerReadableStream<Order, Reply>, reply: sendUnaryData<Reply>) => {
      const titles: unknown[] = [];
      for await (const order of call) titles.push((order as Order).title);
      reply(null, { seen: titles.join(' ') });
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() };
}

/** Bodies go to the check as bytes, and the backend speaks HTTP/2. */
function speakGrpc(config: Parameters<typeof gatewayOf>[0]): void {
  gatewayOf(config).extAuthz['with_request_body'] = { max_request_bytes: 65_536, pack_as_bytes: true };
  const backend = config.static_resources.clusters?.find(({ name }) => name === 'backend');
  const protocol = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  Object.assign(backend ?? {}, {
    typed_extension_protocol_options: {
      [protocol]: {
        '@type': `type.googleapis.com/${protocol}`,
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  });
}

describe.each(['wasm', 'opa'] as const)('%s', (engine) => {
  let backend: Awaited<ReturnType<typeof startShop>>;
  let stack: Stack | undefined;
  beforeAll(async () => {
    backend = await startShop();
    stack = await startStack({
      engine,
      transport: 'tcp',
      policy,
      config: {
        engine: { paths: [{ path: 'envoy/authz/allow' }] },
        input: { grpc: { descriptors: join(fixtures, 'descriptors.binpb') } },
      },
      envoy: { change: speakGrpc, clusters: { backend: backend.address } },
    });
  });
  afterAll(async () => {
    await stack?.stop();
    backend.stop();
  });

  const connect = (options: ChannelOptions = {}): Client => {
    const client = new Client(new URL(stack?.url ?? '').host, credentials.createInsecure(), options);
    onTestFinished(() => client.close());
    return client;
  };

  /** What the shop saw, or the name of the gRPC status. */
  const order = (client: Client, request: Order): Promise<string> =>
    new Promise((resolve) => {
      const { path, requestSerialize, responseDeserialize } = method('Order');
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, told(resolve));
    });

  const upload = (client: Client, requests: readonly Order[]): Promise<string> =>
    new Promise((resolve) => {
      const { path, requestSerialize, responseDeserialize } = method('Upload');
      const call = client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, told(resolve));
      for (const request of requests) call.write(request);
      call.end();
    });

  test.each<[string, ChannelOptions]>([
    ['plain', {}],
    ['gzip', { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip }],
    ['deflate', { 'grpc.default_compression_algorithm': compressionAlgorithms.deflate }],
  ])('a unary call, %s: the policy decides about the message that the backend gets', async (_, options) => {
    const client = connect(options);
    expect(await order(client, { title: 'Faust', isbn: '9007199254740993', copies: 3 })).toBe('Faust 9007199254740993');
    expect(await order(client, { title: 'Faust', isbn: '5', copies: 4 })).toBe('PERMISSION_DENIED');
    expect(await order(client, { title: 'Faust', isbn: '5' })).toBe('PERMISSION_DENIED');
  });

  test('a client stream: the policy sees its first message', async () => {
    const client = connect();
    expect(await upload(client, [{ title: 'Faust' }])).toBe('Faust');
    expect(await upload(client, [{ title: 'Faust' }, { title: 'Emma' }])).toBe('Faust Emma');
    expect(await upload(client, [{ title: 'Emma' }, { title: 'Faust' }])).toBe('PERMISSION_DENIED');
    expect(await upload(client, [])).toBe('PERMISSION_DENIED');
  });

  test('a second message in a unary call is refused before any backend sees it', async () => {
    const { path, requestSerialize, responseDeserialize } = method('Order');
    const client = connect();
    const outcome = await new Promise<string>((resolve) => {
      const call = client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, told(resolve));
      call.write({ title: 'Faust', copies: 1 });
      call.write({ title: 'Faust', copies: 100 });
      call.end();
    });
    // Envoy's gRPC name of a 400.
    expect(outcome).toBe('INTERNAL');
  });
});

function told(resolve: (outcome: string) => void) {
  return (error: ServiceError | null, reply?: Reply) =>
    resolve(error === null ? (reply?.seen ?? '') : (status[error.code] ?? ''));
}
