import { expect, test } from 'vitest';
import { useSeenInput } from './support/seen-input.js';

const stack = useSeenInput();
test('A1 a GET with a query over HTTP/1.1: the raw target, empty query and fragment, size left out', async () => {
  const { response, input, echo, log } = await stack().ask('/cars/a%20b?x=1&y=%2F', {
    headers: { host: 'cars.example' },
  });
  console.log(
    JSON.stringify(input, null, 1),
    echo,
    log,
    await stack().checks(),
    await stack().envoy.stats(/ext_authz/),
  );
  expect(response.status).toBe(200);
});
