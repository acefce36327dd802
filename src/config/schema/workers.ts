import { z } from 'zod';

export const workers = z.strictObject({
  count: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe(
      'Processes that answer checks, each at an address of its own: the port of `grpc.address` and those after it, or `{worker}` in the path of its socket, counted from 0. More than one only where there is more than one core: see docs/workers.md.',
    ),
});
