import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { LuaFactory } from 'wasmoon';
import { parse } from 'yaml';
import type { GatewayAddresses, RunningGateway } from './gateway-stack.js';
import { repository } from './portcullis-server.js';

// Kong cannot be had. Its documented plugin interface runs the plugin of `examples/kong`, in a real Lua.

const plugin = join(repository, 'examples', 'kong', 'kong', 'plugins', 'portcullis');
const factory = new LuaFactory();
const [pdk, handler, schema, file] = await Promise.all([
  readFile(new URL('kong-double.lua', import.meta.url), 'utf8'),
  readFile(join(plugin, 'handler.lua'), 'utf8'),
  readFile(join(plugin, 'schema.lua'), 'utf8'),
  readFile(join(repository, 'examples', 'kong', 'kong.yml'), 'utf8'),
]);

interface Plugin {
  readonly name: string;
  readonly config: { readonly url?: string; readonly remove?: { readonly headers: readonly string[] } };
}

interface Route {
  readonly methods?: readonly string[];
  readonly paths: readonly string[];
  readonly plugins?: readonly Plugin[];
}

interface KongFile {
  readonly _format_version: string;
  readonly services: readonly {
    readonly url: string;
    readonly plugins?: readonly Plugin[];
    readonly routes: Route[];
  }[];
  readonly plugins?: readonly Plugin[];
}

export const kongFile = parse(file) as KongFile;

/** The names of the plugin's settings with their defaults, as its schema says. */
export async function pluginDefaults(): Promise<Record<string, unknown>> {
  const lua = await factory.createEngine();
  try {
    await lua.doString(pdk);
    const found: Record<string, unknown> = {};
    lua.global.set('js_field', (name: string, value: unknown) => {
      found[name] = value;
    });
    await lua.doString(`
      local schema = (function() ${schema} end)()
      js_field("name", schema.name)
      for _, field in ipairs(schema.fields) do
        for _, setting in ipairs((field.config or {}).fields or {}) do
          for name, value in pairs(setting) do js_field(name, value.default) end
        end
      end`);
    return found;
  } finally {
    lua.global.close();
  }
}

/** The plugins for a request: regular expressions are tried first, and of two plugins of a name the route's is taken. */
function pluginsFor(method: string, path: string): ReadonlyMap<string, Plugin> {
  const routes = kongFile.services.flatMap((service) => service.routes.map((route) => ({ service, route })));
  const matching = routes.filter(
    ({ route }) => (route.methods?.includes(method) ?? true) && route.paths.some((one) => matches(one, path)),
  );
  const isRegex = ({ route }: { route: Route }) => route.paths.some((one) => one.startsWith('~'));
  const { service, route } = matching.find(isRegex) ?? matching[0] ?? {};
  const all = [...(kongFile.plugins ?? []), ...(service?.plugins ?? []), ...(route?.plugins ?? [])];
  return new Map(all.map((plugin) => [plugin.name, plugin]));
}

function matches(pattern: string, path: string): boolean {
  return pattern.startsWith('~') ? new RegExp(`^${pattern.slice(1)}`).test(path) : path.startsWith(pattern);
}

interface Outcome {
  exit?: { readonly status: number; readonly body: string };
  readonly exitHeaders: string[];
  readonly question: string[];
  readonly set: Map<string, string>;
  readonly clear: Set<string>;
  readonly response: [name: string, value: string, mode: 'set' | 'add'][];
  readonly log: Record<string, string>;
}

/** Runs the plugin for one request. */
export async function runPlugin(request: PluginRequest, url: string): Promise<Outcome> {
  const outcome: Outcome = {
    exitHeaders: [],
    question: [],
    set: new Map(),
    clear: new Set(),
    response: [],
    log: {},
  };
  const lua = await factory.createEngine();
  const functions = {
    js_set_header: (name: string, value: string) => outcome.set.set(name, value),
    js_clear_header: (name: string) => outcome.clear.add(name),
    js_exit: (status: number, body: string) => {
      outcome.exit = { status, body };
    },
    js_exit_header: (name: string, value: string) => outcome.exitHeaders.push(name, value),
    js_set_response_header: (name: string, value: string) => outcome.response.push([name, value, 'set']),
    js_add_response_header: (name: string, value: string) => outcome.response.push([name, value, 'add']),
    js_question_header: (name: string, value: string) => outcome.question.push(name, value),
    js_log: (name: string, value: string) => {
      outcome.log[name] = value;
    },
    js_ask: (target: string, method: string) => ask(target, method, outcome.question),
  };
  try {
    for (const [name, value] of Object.entries(functions)) lua.global.set(name, value);
    await lua.doString(`request = ${luaText(request)}\n${pdk}\n`);
    await lua.doString(`run((function() ${handler} end)(), ${luaText({ url, timeout: 5000 })})`);
    return outcome;
  } finally {
    lua.global.close();
  }
}

export interface PluginRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly address: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly truncated?: boolean;
}

/** The answer as Lua text; empty when there is none. */
async function ask(url: string, method: string, headers: readonly string[]): Promise<string> {
  const target = new URL(url);
  const asked = send(target, { method, headers: ['host', target.host, ...headers] as unknown as string[] });
  asked.end();
  try {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    const body = await collect(response);
    return `return ${luaText({ status: response.statusCode ?? 0, body, headers: grouped(response.rawHeaders) })}`;
  } catch {
    return '';
  }
}

/** Starts a server that does what Kong documents: the plugin, then the service. */
export async function startKongDouble({ portcullis, backend }: GatewayAddresses): Promise<RunningGateway> {
  const log: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    serve(request, response, { portcullis, backend }, log).catch(() => response.writeHead(500).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accessLog: () => log,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { portcullis, backend }: GatewayAddresses,
  log: Record<string, unknown>[],
): Promise<void> {
  // As NGINX does, Kong takes the path out of an absolute request line.
  const target = (request.url ?? '/').replace(/^https?:\/\/[^/]*/i, '');
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const body = await collect(request, 'latin1');
  const headers = grouped(request.rawHeaders);
  const seen = { method: request.method ?? '', path, query, headers, address: '127.0.0.1', host: hostOf(request) };
  const plugins = pluginsFor(seen.method, path);
  const url = plugins.get('portcullis')?.config.url?.replace('127.0.0.1:9292', portcullis);
  const outcome = url === undefined ? undefined : await runPlugin(seen, url);
  log.push({ method: request.method, ...outcome?.log });
  if (outcome?.exit !== undefined) {
    response.writeHead(outcome.exit.status, outcome.exitHeaders).end(outcome.exit.body);
    return;
  }
  const kept = Object.entries(headers).filter(([name]) => !/^(connection|host|content-length)$/.test(name));
  const removed = new Set([
    ...(outcome?.clear ?? []),
    ...(plugins.get('request-transformer')?.config.remove?.headers ?? []),
  ]);
  const passed = new Map(kept.filter(([name]) => !removed.has(name)));
  for (const [name, value] of outcome?.set ?? []) passed.set(name, value);
  const lines = [...passed].flatMap(([name, value]) => [value].flat().flatMap((one) => [name, one]));
  const upstream = send(`http://${backend}${target}`, {
    method: request.method ?? 'GET',
    headers: ['host', backend, ...(body === '' ? [] : ['content-length', String(body.length)]), ...lines] as never,
  });
  upstream.end(Buffer.from(body, 'latin1'));
  const [answer] = (await once(upstream, 'response')) as [IncomingMessage];
  const { connection: _connection, 'keep-alive': _keepAlive, ...received } = answer.headers;
  response.writeHead(answer.statusCode ?? 500, received);
  answer.pipe(response);
}

function hostOf({ headers }: IncomingMessage): string {
  return (headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
}

function grouped(raw: readonly string[]): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {};
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    const before = found[name];
    found[name] = before === undefined ? value : [before, value].flat();
  }
  return found;
}

async function collect(stream: IncomingMessage, encoding: BufferEncoding = 'utf8'): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString(encoding);
}

/** A value written as Lua. */
function luaText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string')
    return `"${[...Buffer.from(value)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;
  if (Array.isArray(value)) return `{${value.map(luaText).join(',')}}`;
  const members = Object.entries(value as object).map(([name, one]) => `[${luaText(name)}]=${luaText(one)}`);
  return `{${members.join(',')}}`;
}
