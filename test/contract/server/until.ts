import { eventually } from '../../support/eventually.js';

/** Waits until `condition` holds. */
export async function until(condition: () => boolean | undefined | Promise<boolean | undefined>): Promise<void> {
  const attempt = async () => {
    if (!(await condition())) throw new Error('what was waited for did not happen');
  };
  await eventually(attempt, { within: 10_000, every: 5 });
}
