/** Why checks are answered or not; also the reason that `/readyz` shows. */
export type ReadyState = 'starting' | 'ready' | 'engine_not_ready' | 'draining';

/** The one answer to "are you ready?", for gRPC health, `/readyz` and the `portcullis_ready` metric. */
export interface Readiness {
  state(): ReadyState;
  /** Called at each change; returns a function that ends the subscription. */
  onChange(listener: (state: ReadyState) => void): () => void;
  /** Checks can reach us from now on; until then `starting`, whatever the engine says. */
  open(): void;
  /** From now on `draining`, whatever the engine says. */
  drain(): void;
  /** Ends the subscription to the engine. */
  close(): void;
}

/** The part of an engine that readiness follows. */
export interface ReadinessSource {
  ready(): boolean;
  onReadyChange(listener: (ready: boolean) => void): () => void;
}

export function createReadiness(engine: ReadinessSource): Readiness {
  const listeners = new Set<(state: ReadyState) => void>();
  let opened = false;
  let draining = false;
  let last = state();

  function state(): ReadyState {
    if (draining) return 'draining';
    if (!opened) return 'starting';
    return engine.ready() ? 'ready' : 'engine_not_ready';
  }

  function announce(): void {
    const next = state();
    if (next === last) return;
    last = next;
    for (const listener of listeners) listener(next);
  }

  const unsubscribe = engine.onReadyChange(announce);
  return {
    state,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    open: () => {
      opened = true;
      announce();
    },
    drain: () => {
      draining = true;
      announce();
    },
    close: () => {
      unsubscribe();
      listeners.clear();
    },
  };
}
