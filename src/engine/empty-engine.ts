import type { Engine } from './engine.js';
import { failed } from './failed.js';

/** Stands in until the first policy is there. It is never ready, and what it is asked nevertheless is an outage. */
export function createEmptyEngine(kind: string): Engine {
  return {
    kind,
    evaluate: () => failed('bundle_missing', 'no bundle has been activated yet'),
    revision: () => undefined,
    ready: () => false,
    onReadyChange: () => () => undefined,
    close: () => Promise.resolve(),
  };
}
