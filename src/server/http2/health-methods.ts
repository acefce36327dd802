import type { Readiness } from '../readiness.js';
import {
  readHealthCheckRequest,
  type ServingStatus,
  writeHealthCheckResponse,
  writeHealthListResponse,
} from './health-codec.js';
import { createHealthWatches } from './health-watches.js';
import type { Method } from './server-call.js';
import { callFailure } from './status.js';

export interface HealthMethods {
  /** By path. */
  readonly methods: ReadonlyMap<string, Method>;
  /** Ends the Watch streams, which would otherwise hold a graceful stop until its time is up. */
  close(): void;
}

const unknownService = callFailure('NOT_FOUND', 'unknown service');

/** `grpc.health.v1` for the whole server (`''`) and for each of `services`, following `readiness`. */
export function createHealthMethods(services: readonly string[], readiness: Readiness): HealthMethods {
  const names = ['', ...services];
  const status = (): ServingStatus => (readiness.state() === 'ready' ? 'SERVING' : 'NOT_SERVING');
  const statusOf = (service: string): ServingStatus => (names.includes(service) ? status() : 'SERVICE_UNKNOWN');
  const watches = createHealthWatches(statusOf);
  const unsubscribe = readiness.onChange(watches.tell);

  const check: Method = (message, call) => {
    const service = readHealthCheckRequest(message);
    if (!service.ok) return call.answer(callFailure('INTERNAL', service.error));
    const found = statusOf(service.value);
    if (found === 'SERVICE_UNKNOWN') call.answer(unknownService);
    else call.answer({ kind: 'response', bytes: writeHealthCheckResponse(found) });
  };
  const list: Method = (_, call) => call.answer({ kind: 'response', bytes: writeHealthListResponse(names, status()) });
  const watch: Method = (message, call) => {
    const service = readHealthCheckRequest(message);
    if (service.ok) watches.add(service.value, call);
    else call.answer(callFailure('INTERNAL', service.error));
  };
  return {
    methods: new Map([
      ['/grpc.health.v1.Health/Check', check],
      ['/grpc.health.v1.Health/List', list],
      ['/grpc.health.v1.Health/Watch', watch],
    ]),
    close: () => {
      unsubscribe();
      watches.close();
    },
  };
}
