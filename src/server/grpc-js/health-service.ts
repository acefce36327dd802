import type { Server, ServerWritableStream, UntypedHandleCall } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Readiness } from '../readiness.js';

export interface HealthService {
  /** Ends the Watch streams, which would otherwise hold a graceful stop until its time is up. */
  close(): void;
}

/** Serves `grpc.health.v1` for the whole server (`''`) and for each of `services`, following `readiness`. */
export function addHealthService(server: Server, services: readonly string[], readiness: Readiness): HealthService {
  const names = ['', ...services];
  const health = new HealthImplementation();
  const follow = () => {
    const status = readiness.state() === 'ready' ? 'SERVING' : 'NOT_SERVING';
    for (const name of names) health.setStatus(name, status);
  };
  const unsubscribe = readiness.onChange(follow);
  follow();

  const watches = new Set<ServerWritableStream<unknown, unknown>>();
  health.addToServer({
    addService: (definition, { watch, ...methods }) => {
      if (watch === undefined) throw new TypeError('grpc-health-check has no watch method');
      server.addService(definition, { ...methods, watch: remembering(watch, watches) });
    },
  });
  return {
    close: () => {
      unsubscribe();
      for (const watch of watches) watch.end();
    },
  };
}

function remembering(watch: UntypedHandleCall, open: Set<ServerWritableStream<unknown, unknown>>): UntypedHandleCall {
  return (call: ServerWritableStream<unknown, unknown>) => {
    open.add(call);
    call.once('close', () => open.delete(call));
    (watch as (call: ServerWritableStream<unknown, unknown>) => void)(call);
  };
}
