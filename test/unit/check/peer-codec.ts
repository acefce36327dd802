import { fileURLToPath } from 'node:url';
import { type AnyDefinition, loadSync, type ServiceDefinition } from '@grpc/proto-loader';

const protos = fileURLToPath(new URL('../../../protos', import.meta.url));

const definitions = loadSync('envoy/service/auth/v3/external_auth.proto', {
  includeDirs: [protos],
  enums: String,
  longs: String,
});

function isService(definition: AnyDefinition | undefined): definition is ServiceDefinition {
  return definition !== undefined && !('format' in definition);
}

function checkMethod() {
  const service = definitions['envoy.service.auth.v3.Authorization'];
  const method = isService(service) ? service['Check'] : undefined;
  if (method === undefined) throw new Error('no Check method in the protos');
  return method;
}

const check = checkMethod();

type Json = Record<string, unknown>;

/** The wire form of a CheckRequest given in the protobuf JSON mapping. */
export function encodeRequest(request: Json): Uint8Array {
  if (request['attributes'] === undefined) return check.requestSerialize({});
  const { contextExtensions, ...attributes } = request['attributes'] as Json;
  const encoded = check.requestSerialize({ attributes: toMessage(attributes) });
  // Maps of the library cannot hold `__proto__`, so that they are written by hand; messages in pieces are merged.
  const extensions = Object.entries((contextExtensions ?? {}) as Record<string, string>).map(([key, value]) =>
    field(1, field(10, Buffer.concat([field(1, Buffer.from(key)), field(2, Buffer.from(value))]))),
  );
  return Buffer.concat([encoded, ...extensions]);
}

/** A CheckResponse in the form of the recording, without the explicit append fields that we add. */
export function decodeResponse(bytes: Buffer): unknown {
  return JSON.parse(JSON.stringify(check.responseDeserialize(bytes)), (key, value) => {
    if (key === 'append' || key === 'appendAction') return undefined;
    return key === 'dynamicMetadata' ? fromStruct(value) : value;
  });
}

/** How Envoy is to set each header towards the backend, such as `append false, OVERWRITE_IF_EXISTS_OR_ADD`. */
export function headerModes(bytes: Buffer): readonly string[] {
  const { okResponse } = check.responseDeserialize(bytes) as {
    readonly okResponse?: { readonly headers?: readonly Json[] };
  };
  return (okResponse?.headers ?? []).map(({ append, appendAction }) => {
    const flag = append === undefined ? 'append unset' : `append ${(append as Json)['value'] ?? false}`;
    return `${flag}, ${appendAction ?? 'no action'}`;
  });
}

function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(content.length)]), content]);
}

function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

function toMessage(value: unknown, key = ''): unknown {
  if (key === 'rawBody' || key === 'rawValue') return Buffer.from(String(value), 'base64');
  if (key === 'time') return toTimestamp(String(value));
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => toMessage(item));
  if (key === 'filterMetadata') return mapValues(value as Json, (struct) => toStruct(struct as Json));
  return mapValues(renamed(value as Json), toMessage);
}

/** The library brings its own `Any`, whose field has the name of the proto. */
function renamed({ typeUrl, ...others }: Json): Json {
  return typeUrl === undefined ? others : { ...others, type_url: typeUrl };
}

function mapValues(object: Json, change: (value: unknown, key: string) => unknown): Json {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}

function toTimestamp(text: string): Json {
  const fraction = /\.(\d+)Z$/.exec(text)?.[1] ?? '';
  return { seconds: Math.floor(Date.parse(text) / 1000), nanos: Number(fraction.padEnd(9, '0')) };
}

function toStruct(object: Json): Json {
  return { fields: mapValues(object, toValue) };
}

function toValue(value: unknown): Json {
  if (value === undefined) return {};
  if (value === null) return { nullValue: 0 };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return { numberValue: value };
  if (typeof value === 'string') return { stringValue: value };
  return Array.isArray(value)
    ? { listValue: { values: value.map(toValue) } }
    : { structValue: toStruct(value as Json) };
}

interface StructMessage {
  readonly fields?: Record<string, ValueMessage>;
}

interface ValueMessage {
  readonly structValue?: StructMessage | Json;
  readonly listValue?: { readonly values?: readonly ValueMessage[] };
  readonly boolValue?: boolean;
  readonly numberValue?: number;
  readonly stringValue?: string;
}

function fromStruct({ fields }: StructMessage): Json {
  return Object.fromEntries(Object.entries(fields ?? {}).map(([name, value]) => [name, fromValue(value)]));
}

function fromValue(value: ValueMessage): unknown {
  if (value.structValue !== undefined) return fromStruct(value.structValue as StructMessage);
  if (value.listValue !== undefined) return (value.listValue.values ?? []).map(fromValue);
  return value.boolValue ?? value.numberValue ?? value.stringValue ?? null;
}
