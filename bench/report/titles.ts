import type { Results } from '../suites/results.js';

export function titleOf({ titles }: Results, contender: string): string {
  return titles.contenders[contender] ?? contender;
}
