import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { EnvoyConfig } from '../../scripts/demo/envoy-config.js';
import { echoedHeader, sendRaw } from '../support/http.js';
import { type ConfigFile, repository } from '../support/portcullis-server.js';
import { useStack } from '../support/stack.js';

// The documented variant of both configurations that believes USER_ROLES, as document A does.

const variant = parse(
  readFileSync(join(repository, 'examples', 'portcullis-trusted-header.yaml'), 'utf8'),
) as ConfigFile;
const identity = { identity: variant['identity'] };
const gateway = join(repository, 'envoy', 'gateway-trusted-header.yaml');
const users = '/v1/admin/users/testuser';

type Line = readonly [name: string, value: string];

/** Statuses of a POST with these header lines. */
function posting(stack: ReturnType<typeof useStack>) {
  return async (...headers: Line[]) => (await stack().send(users, { method: 'POST', headers })).status;
}

function encodeRawHeaders(config: EnvoyConfig): void {
  const text = JSON.stringify(config).replaceAll('"failure_mode_allow":false', '$&,"encode_raw_headers":true');
  Object.assign(config, JSON.parse(text));
}

describe.each([
  { encoding: 'headers', engine: 'wasm' },
  { encoding: 'header_map', engine: 'wasm' },
  { encoding: 'headers', engine: 'opa' },
] as const)('$engine, with $encoding', ({ encoding, engine }) => {
  const change = encoding === 'header_map' ? { change: encodeRawHeaders } : {};
  const stack = useStack({ engine, transport: 'tcp', config: identity, envoy: { config: gateway, ...change } });
  const post = posting(stack);

  test('A-12 A-54 USER_ROLES: ADMIN_ROLE is believed as the client sent it', async () => {
    const response = await stack().send(users, { method: 'POST', headers: { USER_ROLES: 'ADMIN_ROLE' } });
    expect([response.status, response.body]).toEqual([200, 'Hello!! testuser You have access to edits']);
    expect(await post(['user_roles', 'ADMIN_ROLE'])).toBe(200);
    expect(await post(['User_Roles', 'ADMIN_ROLE'])).toBe(200);
  });

  test('A-44 roles are separated by commas, trimmed, and empty ones dropped', async () => {
    expect(await post(['USER_ROLES', 'USER,ADMIN_ROLE'])).toBe(200);
    expect(await post(['USER_ROLES', ' USER , ADMIN_ROLE ,,'])).toBe(200);
    expect(await post(['USER_ROLES', 'USER'])).toBe(403);
    expect(await post(['USER_ROLES', 'admin_role'])).toBe(403);
    expect(await post(['USER_ROLES', 'ADMIN_ROLE_NOT'])).toBe(403);
    expect(await post(['USER_ROLES', ' ,, '])).toBe(401);
  });

  test('A-45 repeated headers count as one list', async () => {
    expect(await post(['USER_ROLES', 'USER'], ['USER_ROLES', 'ADMIN_ROLE'])).toBe(200);
    expect(await post(['USER_ROLES', 'ADMIN_ROLE'], ['USER_ROLES', 'USER'])).toBe(200);
    expect(await post(['USER_ROLES', 'A'], ['USER_ROLES', 'B'])).toBe(403);
  });

  test('A-11 A-75 without the header there are no roles, and the policy decides', async () => {
    expect(await post()).toBe(401);
    expect((await stack().send(users)).status).toBe(200);
  });

  test('A-53 A-55 another spelling gives no roles, and neither reaches the backend', async () => {
    expect(await post(['X-User-Roles', 'ADMIN_ROLE'])).toBe(401);
    expect(await post(['X_USER_ROLES', 'ADMIN_ROLE'])).toBe(401);
    const echo = await stack().sendForEcho(users, {
      method: 'POST',
      headers: [
        ['USER_ROLES', 'USER,ADMIN_ROLE'],
        ['X-User-Roles', 'FORGED'],
        ['X_USER_ROLES', 'FORGED'],
        ['X-User', 'root'],
      ],
    });
    expect(echoedHeader(echo, 'x-user-roles')).toEqual(['USER,ADMIN_ROLE']);
    expect(JSON.stringify(echo.headers)).not.toMatch(/FORGED|root/);
  });

  test('the token file is not asked in this variant', async () => {
    expect(await post(['authorization', 'Bearer admin-demo-token'])).toBe(401);
  });
});

describe('behind an Envoy that does not drop the other spelling', () => {
  const stack = useStack({
    engine: 'wasm',
    transport: 'tcp',
    config: identity,
    envoy: { config: gateway, change: keepIdentityHeaders },
  });
  const post = posting(stack);

  test('A-55 each spelling alone is believed, both at once are refused', async () => {
    expect(await post(['USER_ROLES', 'ADMIN_ROLE'])).toBe(200);
    expect(await post(['X-User-Roles', 'ADMIN_ROLE'])).toBe(200);
    const headers: Line[] = [
      ['USER_ROLES', 'ADMIN_ROLE'],
      ['X-User-Roles', 'ADMIN_ROLE'],
    ];
    const refused = await stack().send(users, { method: 'POST', headers });
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toContain('error=');
    // Also where anyone may read: two credentials are never taken for none.
    expect((await stack().send(users, { headers })).status).toBe(401);
  });
});

describe('the default configuration', () => {
  const stack = useStack({ engine: 'wasm', transport: 'tcp' });
  const post = posting(stack);

  test('A-47 A-50 USER_ROLES is refused at the edge, X-User-Roles changes nothing', async () => {
    expect(await post(['USER_ROLES', 'ADMIN_ROLE'])).toBe(400);
    expect(await post(['X-User-Roles', 'ADMIN_ROLE'])).toBe(401);
    expect(await post(['X-User-Roles', 'ADMIN_ROLE'], ['authorization', 'Bearer kelly-demo-token'])).toBe(403);
    const raw = `POST ${users} HTTP/1.1\r\nhost: x\r\nUSER_ROLES: ADMIN_ROLE\r\nconnection: close\r\n\r\n`;
    expect((await sendRaw(stack().url, raw)).status).toBe(400);
  });
});

describe('the default configuration of Portcullis behind an Envoy that lets USER_ROLES through', () => {
  const stack = useStack({ engine: 'wasm', transport: 'tcp', envoy: { config: gateway, change: keepIdentityHeaders } });
  const post = posting(stack);

  test('A-47 no spelling of the header changes the answer, and none reaches the backend', async () => {
    const forged: Line[] = [
      ['USER_ROLES', 'ADMIN_ROLE'],
      ['X-User-Roles', 'ADMIN_ROLE'],
      ['X-User', 'admin'],
    ];
    expect(await post(...forged)).toBe(401);
    for (const line of forged) expect(await post(line)).toBe(401);
    expect(await post(...forged, ['authorization', 'Bearer kelly-demo-token'])).toBe(403);
    const echo = await stack().sendForEcho(users, { headers: forged });
    expect(echo.headers.filter(([name]) => /user/i.test(name) && !/user-agent/i.test(name))).toEqual([]);
  });
});

function keepIdentityHeaders(config: EnvoyConfig): void {
  const text = JSON.stringify(config);
  const changed = JSON.parse(text, (key, value) => (key === 'early_header_mutation_extensions' ? undefined : value));
  if (JSON.stringify(changed) === text) throw new Error('the configuration drops no headers early');
  Object.assign(config, changed);
}
