import { describe, expect, test } from 'vitest';
import { useSeenInput } from '../matrix/support/seen-input.js';
import { gateways } from './support/gateways.js';
import { ask } from './support/raw-request.js';

const source = {
  kind: 'trusted-header',
  subject: 'x-user',
  roles: 'x-user-roles',
  underscore_alias: true,
  trusted_peers: ['127.0.0.1'],
};

const lax = gateways.filter(({ strictness }) => strictness === 'lax');

describe.each(lax)('identity from headers, $name', ({ change }) => {
  const stack = useSeenInput({ change, config: { identity: { sources: [source] } }, allow: 'input.identity.subject' });

  test.concurrent.each([
    ['two subjects', ['x-user: alice', 'X-User: bob']],
    ['two equal subjects', ['x-user: alice', 'x-user: alice']],
    ['two subjects in one line', ['x-user: alice,bob']],
    ['an empty and a second subject', ['x-user:', 'x-user: bob']],
    ['roles in both spellings', ['x-user: alice', 'x-user-roles: reader', 'user_roles: admin']],
  ])('%s are no identity: 401', async (_what, headers) => {
    expect(await ask(stack(), { headers })).toMatchObject({ status: 401 });
  });

  test('repeated and joined roles are all of them, in order, and none reaches the backend', async () => {
    const headers = ['x-user: alice', 'x-user-roles: a, b', 'X-USER-ROLES: c'];
    const outcome = await ask(stack(), { headers });
    expect(outcome).toMatchObject({
      status: 200,
      input: { identity: { source: 'trusted-header', subject: 'alice', roles: ['a', 'b', 'c'] } },
    });
    if (outcome.refusedBy === undefined) expect(outcome.echo.headers.flat().join(' ')).not.toMatch(/user/);
  });
});
