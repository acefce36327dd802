import { Script } from 'node:vm';

/** Milliseconds after which a run that does not end is taken for one that never would. */
const patience = 5_000;

interface Guest {
  guarded?: () => void;
}

const script = new Script('guarded()');

/** Runs something that may never end: V8 stops it, and an error with the code `ERR_SCRIPT_EXECUTION_TIMEOUT` is thrown. */
export function runGuarded(run: () => void): void {
  const guest = globalThis as Guest;
  guest.guarded = run;
  try {
    script.runInThisContext({ timeout: patience });
  } finally {
    delete guest.guarded;
  }
}
