import { join } from 'node:path';
import { startBackend } from '../../../support/backend-server.js';
import { startEnvoy } from '../../../support/envoy-server.js';
import { type HttpRequest, send } from '../../../support/http.js';
import {
  type ConfigFile,
  type PortcullisServer,
  repository,
  startPortcullis,
} from '../../../support/portcullis-server.js';
import { as, type Person } from '../../callers.js';

/** One gateway with its adapter and its own copy of the app. */
export interface Front {
  readonly portcullis: PortcullisServer;
  /** The status that a caller gets. */
  status(person: Person | undefined, method: string, path: string, body?: unknown): Promise<number>;
  stop(): Promise<void>;
}

export interface FrontOptions {
  readonly config: ConfigFile;
  readonly env: Readonly<Record<string, string>>;
  readonly until?: 'ready' | 'alive';
}

const identity = { sources: [{ kind: 'token-file', file: join(repository, 'examples', 'tokens.yaml') }] };

/** Starts the app, Portcullis and a real Envoy. */
export async function startFront({ config, env, until = 'ready' }: FrontOptions): Promise<Front> {
  const backend = await startBackend();
  const portcullis = await startPortcullis({
    config: { identity, decision_log: { enabled: true }, ...config },
    env,
    until,
  }).catch(async (error: unknown) => {
    await backend.stop();
    throw error;
  });
  const envoy = await startEnvoy({
    config: join(repository, 'envoy', 'gateway.yaml'),
    clusters: { portcullis: portcullis.grpcAddress, backend: backend.address },
  });
  return {
    portcullis,
    status: async (person, method, path, body) => {
      const json = body === undefined ? {} : { 'content-type': 'application/json' };
      const request: HttpRequest = {
        method,
        headers: { ...as(person), ...json },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      };
      return (await send(envoy.url, path, request)).status;
    },
    stop: async () => {
      await envoy.stop();
      await portcullis.kill();
      await backend.stop();
    },
  };
}
