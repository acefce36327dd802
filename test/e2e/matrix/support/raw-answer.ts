import { join } from 'node:path';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';
import { afterAll, beforeAll } from 'vitest';
import { startBackend } from '../../../support/backend-server.js';
import { type EnvoyServer, startEnvoy } from '../../../support/envoy-server.js';
import { type HttpRequest, type HttpResponse, send } from '../../../support/http.js';
import { repository } from '../../../support/portcullis-server.js';
import { message } from './check-answers.js';
import { startCheckServer } from './check-server.js';
import { type Gateway, gatewayOf, withoutSecondLock } from './gateway.js';
import { countAuthz } from './told-decision.js';

/** A `CheckResponse` with the field names of the protos; enumerations by name. */
export type RawAnswer = Readonly<Record<string, unknown>>;

export interface RawFront {
  readonly url: string;
  readonly envoy: EnvoyServer;
  /** Sends a request whose check is answered with exactly this message. */
  send(answer: RawAnswer, path?: string, request?: HttpRequest): Promise<HttpResponse>;
  /** Counters of the filter by the end of their name. */
  count(name: string): Promise<number>;
}

const definitions = loadSync('envoy/service/auth/v3/external_auth.proto', {
  includeDirs: [join(repository, 'protos')],
  keepCase: true,
});
const service = definitions['envoy.service.auth.v3.Authorization'] as unknown as Record<
  'Check',
  MethodDefinition<object, object>
>;

/**
 * Envoy in front of the backend, and in the place of Portcullis a server that answers whatever the test wants:
 * to see what Envoy makes of answers that Portcullis never gives.
 */
export function useRawAnswer(change?: (gateway: Gateway) => void, program?: string): () => RawFront {
  let front: RawFront | undefined;
  const stops: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    const backend = await startBackend();
    stops.push(() => backend.stop());
    const checks = await startCheckServer(message(Buffer.alloc(0)));
    stops.push(() => checks.stop());
    const envoy = await startEnvoy({
      config: join(repository, 'envoy', 'gateway.yaml'),
      clusters: { portcullis: checks.address, backend: backend.address },
      change: (config) => {
        const gateway = gatewayOf(config);
        withoutSecondLock(gateway);
        change?.(gateway);
      },
      ...(program !== undefined && { program }),
    });
    stops.push(() => envoy.stop());
    front = {
      url: envoy.url,
      envoy,
      send: (answer, path = '/cars', request) => {
        checks.answer(message(service.Check.responseSerialize(answer)));
        return send(envoy.url, path, request);
      },
      count: (name) => countAuthz({ envoy }, name),
    };
  });
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });
  return () => {
    if (front === undefined) throw new Error('the front has not started');
    return front;
  };
}
