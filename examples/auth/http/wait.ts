import type { Wait } from '../limits/attempts.js';
import { Refusal } from './refusal.js';

/** Refuses if there is something to wait for; `note` records it. */
export function refuseUntil(wait: Wait, note: (retryAfter: number) => void): void {
  if (wait === undefined) return;
  note(wait);
  throw new Refusal('too_many_attempts', { 'retry-after': String(wait) });
}
