/** Node ends a longer timer at once. */
const longestTimer = 2 ** 31 - 1;

/** The work took longer than it may. */
export class TooLate extends Error {
  constructor() {
    super('no answer in time');
  }
}

/**
 * What `work` resolves to, or a rejection with {@link TooLate} after `milliseconds`. The work itself goes on; how it
 * ends then is of no interest to anyone.
 */
export function within<Value>(milliseconds: number, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new TooLate()), Math.min(Math.max(0, milliseconds), longestTimer));
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
