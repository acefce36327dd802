import type { IncomingMessage, ServerResponse } from 'node:http';
import { type FaultyApiServer, json, startFaultyApiServer } from './api-server.js';

interface KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: object;
    readonly resourceVersion?: string;
  };
}

/** Lists and watches of deployments, by a server that can be told to misbehave. */
export interface WatchingApiServer extends FaultyApiServer {
  put(name: string, labels: object): void;
  remove(name: string): void;
  /** Ends all watches, with an event of this code unless it is 200. */
  endWatches(code: number): void;
  /** From now on watches are accepted and say nothing. */
  silence(): void;
  /** From now on all is answered with this status; 200 is as before. */
  answer(status: number): void;
  bookmark(): void;
  lists(): number;
  /** Open ones. */
  watches(): number;
}

/** Runs until the test ends. */
export async function startWatchingApiServer(): Promise<WatchingApiServer> {
  const objects = new Map<string, KubernetesObject>();
  const watches = new Set<ServerResponse>();
  let version = 1;
  let status = 200;
  let silent = false;

  const list = (response: ServerResponse) =>
    json(response, 200, {
      kind: 'DeploymentList',
      apiVersion: 'apps/v1',
      metadata: { resourceVersion: String(version) },
      items: [...objects.values()],
    });
  const watch = (response: ServerResponse, since: number) => {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    watches.add(response);
    // What was put between the list and the watch.
    for (const object of silent ? [] : objects.values()) {
      if (Number(object.metadata.resourceVersion) > since) {
        response.write(`${JSON.stringify({ type: 'ADDED', object })}\n`);
      }
    }
    response.on('close', () => watches.delete(response));
  };
  const tell = (type: string, object: unknown) => {
    if (silent) return;
    for (const response of watches) response.write(`${JSON.stringify({ type, object })}\n`);
  };
  const sinceOf = ({ url = '' }: IncomingMessage) =>
    Number(new URL(url, 'https://api').searchParams.get('resourceVersion'));
  const isWatch = (request: IncomingMessage) => request.url?.includes('watch=true') ?? false;

  const server = await startFaultyApiServer((request, response) => {
    if (status !== 200) json(response, status, { kind: 'Status', code: status });
    else if (isWatch(request)) watch(response, sinceOf(request));
    else list(response);
  });
  const withVersion = (object: KubernetesObject) => {
    version += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
  };
  return Object.assign(server, {
    put: (name: string, labels: object) => {
      const known = objects.has(name);
      const object = withVersion({ metadata: { name, namespace: 'shop', labels } });
      objects.set(name, object);
      tell(known ? 'MODIFIED' : 'ADDED', { ...object, spec: { replicas: 3 } });
    },
    remove: (name: string) => {
      const object = objects.get(name);
      objects.delete(name);
      if (object !== undefined) tell('DELETED', withVersion(object));
    },
    endWatches: (code: number) => {
      if (code !== 200) tell('ERROR', { kind: 'Status', code });
      for (const response of watches) response.end();
    },
    bookmark: () => tell('BOOKMARK', { metadata: { resourceVersion: String(version) } }),
    watches: () => watches.size,
    silence: () => {
      silent = true;
    },
    answer: (next: number) => {
      status = next;
      if (status !== 200) for (const response of watches) response.destroy();
    },
    lists: () => server.seen.filter(({ url }) => !url?.includes('watch=true')).length,
  });
}
